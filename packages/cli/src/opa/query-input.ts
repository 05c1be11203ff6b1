import type { Value } from "@sallyport/rego";
import { CommandFault, type Terminal } from "./command.ts";
import { splitPrefix } from "./load.ts";
import { readBytes, yamlText } from "./read-data.ts";

/** The input document of a file, or of standard input; undefined without either. Throws `CommandFault`. */
export function readInput(file: string, fromStdin: boolean, terminal: Terminal): Value | undefined {
  if (!fromStdin && file === "") return undefined;
  try {
    const text = fromStdin ? terminal.stdin() : readBytes(pathOf(file)).toString("utf8");
    return inputDocument(text);
  } catch (error) {
    throw new CommandFault((error as Error).message, 2);
  }
}

/** A URL or a path, which may have colons: it is rooted nowhere. */
function pathOf(file: string): string {
  return file.startsWith("file://") ? splitPrefix(file).path : file;
}

function inputDocument(text: string): Value {
  try {
    return yamlText(text);
  } catch (error) {
    throw new Error(`unable to parse input: ${(error as Error).message}`);
  }
}
