import { parseBool, parseInt64, parseNanoseconds } from "./flag-values.ts";

/** What a flag takes. `list` may be repeated; `commaList` may be repeated and takes several values with commas between them. */
export type FlagKind = "bool" | "string" | "int" | "duration" | "enum" | "list" | "commaList";

/** One flag of a command, as OPA has it. */
export interface FlagSpec {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly kind: FlagKind;
  /** Of `enum`. */
  readonly values?: readonly string[];
  /** As text; for lists the values with commas between them. Default: false, empty, or 0. */
  readonly default?: string;
  /** The default in the help text, where it is said otherwise. */
  readonly shownDefault?: string;
  readonly usage: string;
  /** The name of its type in the help text, where it is not the usual one. */
  readonly type?: string;
  /** Why it does not take a text, beside what its kind says. */
  readonly check?: (text: string) => string | undefined;
  /** Not in the help text. */
  readonly hidden?: boolean;
}

/** A command line that OPA would refuse, in OPA's words. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FlagError";
  }
}

/** The flags of one call: those of the command line, then of the environment, then the defaults. */
export class Flags {
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #given = new Map<string, string[]>();

  constructor(specs: readonly FlagSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
  }

  find(name: string): FlagSpec | undefined {
    return this.#specs.get(name);
  }

  findShort(letter: string): FlagSpec | undefined {
    return [...this.#specs.values()].find(({ short }) => short === letter);
  }

  /** Throws `FlagError` for a value that the flag does not take. */
  set(spec: FlagSpec, text: string): void {
    const fault = valueFault(spec, text);
    if (fault !== undefined) {
      const shown = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
      throw new FlagError(`invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shown)} flag: ${fault}`);
    }
    const values = spec.kind === "commaList" ? text.split(",") : [text];
    const isList = spec.kind === "list" || spec.kind === "commaList";
    this.#given.set(spec.name, isList ? [...(this.#given.get(spec.name) ?? []), ...values] : values);
  }

  /** True when it was given, by the command line or the environment. */
  isSet(name: string): boolean {
    return this.#given.has(name);
  }

  bool(name: string): boolean {
    return parseBool(this.#text(name) || "false") === true;
  }

  string(name: string): string {
    return this.#text(name);
  }

  int(name: string): number {
    return Number(parseInt64(this.#text(name) || "0"));
  }

  /** Nanoseconds. */
  duration(name: string): bigint {
    const value = parseNanoseconds(this.#text(name) || "0");
    return typeof value === "bigint" ? value : 0n;
  }

  list(name: string): readonly string[] {
    const { default: text = "" } = this.#specs.get(name) ?? {};
    return this.#given.get(name) ?? (text === "" ? [] : text.split(","));
  }

  #text(name: string): string {
    return this.#given.get(name)?.at(-1) ?? this.#specs.get(name)?.default ?? "";
  }
}

/** Why a flag does not take a value, as Go words it; undefined when it does. */
function valueFault({ kind, values = [], check }: FlagSpec, text: string): string | undefined {
  const answer = {
    bool: () => parseBool(text),
    int: () => parseInt64(text),
    duration: () => parseNanoseconds(text),
    enum: () => (values.includes(text) ? text : new Error(`must be one of {${values.join()}}`)),
    string: () => text,
    list: () => text,
    commaList: () => text,
  }[kind]();
  return answer instanceof Error ? answer.message : check?.(text);
}

/**
 * Reads a command line as Go's pflag does: `--name value`, `--name=value`, `-nvalue`, letters in a row, flags and arguments mixed,
 * all behind `--` arguments. Throws `FlagError`, and `HelpWanted`.
 */
export function parseFlags(
  specs: readonly FlagSpec[],
  line: readonly string[],
): { readonly flags: Flags; readonly args: readonly string[] } {
  const flags = new Flags(specs);
  const args: string[] = [];
  const rest = [...line];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return { flags, args: [...args, ...rest] };
    if (word.startsWith("--")) parseLong(flags, word, rest);
    else if (word.startsWith("-") && word !== "-") parseShort(flags, word, rest);
    else args.push(word);
  }
  return { flags, args };
}

function parseLong(flags: Flags, word: string, rest: string[]): void {
  const [, name = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${word}`);
  const spec = flags.find(name);
  if (spec === undefined) throw new FlagError(`unknown flag: --${name}`);
  if (value !== undefined) flags.set(spec, value);
  else if (spec.kind === "bool") flags.set(spec, "true");
  else flags.set(spec, next(rest, `--${name}`));
}

function parseShort(flags: Flags, word: string, rest: string[]): void {
  for (let letters = word.slice(1); letters !== ""; letters = letters.slice(1)) {
    const letter = letters[0] as string;
    const spec = flags.findShort(letter);
    if (spec === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
    const behind = letters.slice(1);
    if (spec.kind === "bool" && !behind.startsWith("=")) {
      flags.set(spec, "true");
      continue;
    }
    flags.set(spec, behind === "" ? next(rest, `'${letter}' in -${letters}`) : behind.replace(/^=/, ""));
    return;
  }
}

function next(rest: string[], flag: string): string {
  const value = rest.shift();
  if (value === undefined) throw new FlagError(`flag needs an argument: ${flag}`);
  return value;
}

/** Takes flags that the command line does not give from `OPA_<COMMAND>_<FLAG>`. Throws `FlagError`. */
export function applyEnvironment(
  flags: Flags,
  specs: readonly FlagSpec[],
  command: string,
  env: { readonly [name: string]: string | undefined },
): void {
  for (const spec of specs) {
    const text = env[`OPA_${command}_${spec.name}`.toUpperCase().replaceAll("-", "_")];
    if (text === undefined || text === "" || flags.isSet(spec.name)) continue;
    try {
      flags.set(spec, text);
    } catch (error) {
      throw new FlagError(`error mapping environment variables to command flags: ${(error as Error).message}`);
    }
  }
}
