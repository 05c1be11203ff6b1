import { runGator } from "./gator.ts";

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `sallyport gator` in this process. */
export function run(...words: readonly string[]): Promise<Ran> {
  return runIn({}, ...words);
}

/** The same with an environment. */
export async function runIn(env: { readonly [name: string]: string }, ...words: readonly string[]): Promise<Ran> {
  let [out, err] = ["", ""];
  const status = await runGator(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: () => "",
    env,
  });
  return { status, out, err };
}
