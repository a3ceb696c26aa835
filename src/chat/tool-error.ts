// What only the model finds wrong with a tool, and which it is: wires know where it stands.
import { UsageError } from "../errors.ts";

/** To whom places in the prompt mean nothing, it is a UsageError like any other. */
export class ToolError extends UsageError {
  /** Its place among the tools of the prompt. */
  readonly place: number;
  constructor(place: number, message: string) {
    super(message);
    this.place = place;
  }
}
