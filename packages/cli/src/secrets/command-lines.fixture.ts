import { once } from "node:events";
import { runProgram } from "../program.ts";

/** Run as a program of its own: takes command lines, each in a line of JSON, and runs one after the other; faults come with all that they hold. */
let text = "";
process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
  text += chunk;
});
await once(process.stdin, "end");
for (const line of text.split("\n").filter(Boolean)) {
  const words = JSON.parse(line) as readonly string[];
  process.argv = [process.execPath, "sallyport", ...words];
  process.stdout.write(`\n$ ${words.slice(0, 3).join(" ")}\n`);
  try {
    const code = await runProgram(words[0]);
    process.stdout.write(`status ${code ?? process.exitCode ?? 0}\n`);
  } catch (error) {
    // More than anybody is shown: the stack, and what lies beneath.
    process.stderr.write(`${(error as Error).stack}\ncause: ${String((error as Error).cause)}\n`);
    process.stdout.write(`fault ${(error as Error).name}\n`);
  }
  process.exitCode = 0;
}
