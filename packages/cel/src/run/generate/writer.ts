/** Thrown for an expression that stays with the closures. */
export class Unsupported extends Error {}

/** Statements of one function: more are not worth the time that V8 takes for them. */
const maxLines = 4000;

/** Blocks within blocks: far from where V8's parser would run out of stack. */
const maxDepth = 200;

/** The text of a function of `run`. Its variables are `v0`, `v1`, …, its constants `k0`, `k1`, …; all else that it names is in support.ts. */
export class Writer {
  readonly constants: unknown[] = [];
  readonly #lines: string[] = [];
  readonly #names: string[] = [];
  readonly #known = new Map<unknown, string>();
  #depth = 0;
  #labels = 0;

  emit(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > maxLines) throw new Unsupported();
  }

  /** A variable of the function that has no value yet. */
  fresh(): string {
    const name = `v${this.#names.length}`;
    this.#names.push(name);
    return name;
  }

  /** The name of a value that is the same in all evaluations. */
  constant(value: unknown): string {
    let name = this.#known.get(value);
    if (name === undefined) {
      name = `k${this.constants.length}`;
      this.constants.push(value);
      this.#known.set(value, name);
    }
    return name;
  }

  /** `head { … }`; lines within may leave it where the head is a label. */
  block(head: string, write: () => void): void {
    if (++this.#depth > maxDepth) throw new Unsupported();
    this.emit(`${head} {`);
    write();
    this.emit("}");
    this.#depth--;
  }

  /** A label for a block. */
  label(): string {
    return `l${this.#labels++}`;
  }

  /** The whole, with what it answers. */
  text(result: string): string {
    const names = this.#names.length === 0 ? "" : `let ${this.#names.join(", ")};\n`;
    const constants = this.constants.map((_, index) => `k${index} = k[${index}]`);
    const head = constants.length === 0 ? "" : `const ${constants.join(", ")};\n`;
    return `${head}return (run) => {\n${names}${this.#lines.join("\n")}\nreturn ${result};\n};`;
  }
}
