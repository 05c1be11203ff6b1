import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runOpa } from "../commands/opa/opa.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly stdin?: string;
  readonly env?: { readonly [name: string]: string | undefined };
}

/** Runs a command line in this process; words with spaces stand in single quotes. */
export function runLine(line: string, surroundings: Surroundings = {}): Promise<Outcome> {
  return runWords(wordsOf(line), surroundings);
}

/** Runs the words of a command line in this process, with a folder as the working directory. */
export async function runIn(folder: string, words: readonly string[], surroundings?: Surroundings): Promise<Outcome> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await runWords(words, surroundings);
  } finally {
    process.chdir(before);
  }
}

async function runWords(words: readonly string[], { stdin = "", env = {} }: Surroundings = {}): Promise<Outcome> {
  let out = "";
  let err = "";
  const status = await runOpa(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: () => stdin,
    env,
  });
  return { status, out, err };
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string));
}

/** Runs with a folder that holds files, as the working directory; names may hold `/`. */
export async function inFolder<T>(files: { readonly [name: string]: string }, run: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-opa-"));
  const before = process.cwd();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  process.chdir(folder);
  try {
    return await run();
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}
