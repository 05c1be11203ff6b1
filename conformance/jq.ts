import { raw } from "jq-wasm";

/** A filter that is none. */
export class FilterError extends Error {}

/** Whether jq's last answer is neither false nor null, as `jq -e` tells; false where the filter fails. Throws `FilterError`. */
export async function holds(text: string, filter: string, flags: readonly string[] = []): Promise<boolean> {
  // Its runtime takes a filter that fails for the end of the program, and leaves its status to the process.
  const status = process.exitCode;
  try {
    const last = (await raw(text, filter, ["-c", ...flags])).trimEnd().split("\n").at(-1) ?? "";
    return last !== "" && last !== "false" && last !== "null";
  } catch (error) {
    const { message } = error as Error;
    if (message.includes("compile error")) throw new FilterError(message);
    return false;
  } finally {
    process.exitCode = status;
  }
}
