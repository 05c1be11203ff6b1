import { readFileSync } from "node:fs";
import type { PolicySource } from "@sallyport/admission";
import { reasonOf, UsageError } from "./errors.ts";
import { expandFiles, InputError } from "./manifests.ts";

/** The Rego files of `--policy`, tests aside. Throws `UsageError` and `InputError`. */
export function readPolicies(paths: readonly string[]): readonly PolicySource[] {
  const files = expandFiles(paths, /(?<!_test)\.rego$/);
  if (paths.length > 0 && files.length === 0) throw new UsageError(`--policy ${paths.join(",")}: no .rego file there`);
  return files.map((file) => {
    try {
      return { name: file, file, text: readFileSync(file, "utf8") };
    } catch (error) {
      throw new InputError(`${file}: ${reasonOf(error)}`);
    }
  });
}
