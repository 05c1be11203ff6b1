import { runGator } from "./gator.ts";

/** Runs `sallyport gator` in this process. */
export async function run(...words: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const status = await runGator(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: () => "",
    env: {},
  });
  return { status, out, err };
}
