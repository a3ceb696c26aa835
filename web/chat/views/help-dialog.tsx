import type { VNode } from "preact";
import { Dialog } from "./dialog.tsx";
import { shortcuts } from "./shortcuts.ts";

export function HelpDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }): VNode {
  return (
    <Dialog title="Keys" isOpen={isOpen} onClose={onClose}>
      <dl class="keys">
        {shortcuts.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>Conversations are kept in this browser, on this device. A key of the server is kept for this tab only.</p>
      <div class="choices">
        <button type="button" class="main" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
