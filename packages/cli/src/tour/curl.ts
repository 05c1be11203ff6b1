import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "./play.ts";

/** What curl does with the few flags that the lesson uses, for machines that have none: `-s`, `-X METHOD`, `--data-binary @FILE`, an URL. */
export async function askAsCurl(words: readonly string[], folder: string): Promise<Answer> {
  let method = "GET";
  let body: string | undefined;
  let url = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "-X") method = words[++i] ?? "";
    else if (word === "--data-binary") body = readFileSync(join(folder, (words[++i] ?? "").replace(/^@/, "")), "utf8");
    else if (word !== "-s") url = word;
  }
  try {
    const response = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
    return { code: 0, output: await response.text() };
  } catch {
    // As curl's when it cannot connect.
    return { code: 7, output: "" };
  }
}
