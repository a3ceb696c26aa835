// Removes what an earlier build left, so that a file that was moved does not live on in dist.
import { rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
