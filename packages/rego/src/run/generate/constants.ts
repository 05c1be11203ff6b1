import { numberFromText } from "../../value/number.ts";
import type { Place } from "../ir.ts";

/** Constants of the generated text that are made once, each under a name of its own. */
export class Constants {
  readonly #names = new Map<string, string>();

  /** The name of a constant, given the text that makes it. */
  name(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = `k${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }

  place({ row, col, file }: Place): string {
    return this.name(`{ row: ${row ?? 0}, col: ${col ?? 0}, file: ${file ?? 0} }`);
  }

  /** A number as plans write it: text that JavaScript reads as the same, behind which a member may stand; else a constant. */
  number(text: string): string {
    const value = numberFromText(text);
    return typeof value === "number" ? `(${value})` : this.name(`$.numberOf(${JSON.stringify(text)})`);
  }

  /** Declarations, in the order in which they need each other. */
  get text(): string {
    return [...this.#names].map(([text, name]) => `const ${name} = ${text};`).join("\n");
  }
}
