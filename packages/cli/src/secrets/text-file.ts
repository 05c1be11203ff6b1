import { readFileSync, statSync } from "node:fs";
import { reasonOf } from "../errors.ts";
import { InputError } from "../manifests.ts";

/** Keys, certificates and sealed files are smaller by far; the API server takes 3 MiB of an object. */
const maxBytes = 16 * 1024 * 1024;

/** The text of a file, or of standard input for `-`. Throws `InputError`. */
export function readTextFile(file: string): string {
  try {
    if (file !== "-" && statSync(file).size > maxBytes) throw new InputError(`${file}: larger than ${maxBytes} bytes`);
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}
