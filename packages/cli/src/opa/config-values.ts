import type { Value } from "@sallyport/rego";

type Table = { [key: string]: Value };

/** Values beyond this place of a list would only fill memory. As in Helm, whose language this is. */
const maxIndex = 65_536;
/** Keys below keys. */
const maxDepth = 30;

/** A value that `--set` cannot read, in OPA's words. */
export class ConfigValueError extends Error {}

/**
 * Reads `a.b=1,c={x,y},d[0].e=z` into a table: the values of `--set`, in the language of Helm's. `convert` makes values of texts.
 * Throws `ConfigValueError`.
 */
export function setConfigValues(table: Table, text: string, convert: (text: string) => Value): void {
  const reader = new ValueReader(text, convert);
  while (!reader.isAtEnd) reader.key(table, 0);
}

/** Texts as `--set` types them: booleans, null, integers; what begins with 0 stays a text. */
export function typedValue(text: string): Value {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (/^null$/i.test(text)) return null;
  return text === "0" || /^[-+]?[1-9]\d{0,14}$/.test(text) ? Number(text) : text;
}

class ValueReader {
  readonly #text: string;
  readonly #convert: (text: string) => Value;
  #at = 0;

  constructor(text: string, convert: (text: string) => Value) {
    this.#text = text;
    this.#convert = convert;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** One key with its value, into a table. */
  key(table: Table, depth: number): void {
    const [key, stop] = this.#until("=[,.");
    switch (stop) {
      case undefined:
        if (key === "") return;
        throw new ConfigValueError(`key ${JSON.stringify(key)} has no value`);
      case "[": {
        const index = this.#index();
        const before = own(table, key);
        set(table, key, this.#listItem(Array.isArray(before) ? [...before] : [], index, depth));
        return;
      }
      case "=":
        set(table, key, this.#value());
        return;
      case ",":
        throw new ConfigValueError(`key ${JSON.stringify(key)} has no value (cannot end with ,)`);
      default:
        this.#below(table, key, depth);
    }
  }

  #below(table: Table, key: string, depth: number): void {
    if (depth + 1 > maxDepth)
      throw new ConfigValueError(
        `value name nested level is greater than maximum supported nested level of ${maxDepth}`,
      );
    const inner = tableOf(own(table, key));
    const fault = this.#faultOf(() => this.key(inner, depth + 1));
    // As OPA, whatever is wrong with the key below.
    if (Object.keys(inner).length === 0) throw new ConfigValueError(`key map ${JSON.stringify(key)} has no value`);
    set(table, key, inner);
    if (fault !== undefined) throw fault;
  }

  #faultOf(run: () => void): ConfigValueError | undefined {
    try {
      run();
      return undefined;
    } catch (error) {
      if (error instanceof ConfigValueError) return error;
      throw error;
    }
  }

  #listItem(list: Value[], index: number, depth: number): Value[] {
    if (index < 0) throw new ConfigValueError(`negative ${index} index not allowed`);
    const [key, stop] = this.#until("[.=");
    if (key !== "") throw new ConfigValueError(`unexpected data at end of array index: ${JSON.stringify(key)}`);
    switch (stop) {
      case undefined:
        return list;
      case "=":
        return withItem(list, index, this.#value());
      case "[": {
        const next = this.#index();
        const before = list[index];
        return withItem(list, index, this.#listItem(Array.isArray(before) ? [...before] : [], next, depth));
      }
      default: {
        const inner = tableOf(list[index]);
        this.key(inner, depth + 1);
        return withItem(list, index, inner);
      }
    }
  }

  #index(): number {
    const [text, stop] = this.#until("]");
    if (stop === undefined) throw new ConfigValueError("error parsing index: EOF");
    if (!/^[-+]?\d+$/.test(text))
      throw new ConfigValueError(`error parsing index: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }

  /** `{x,y}`, or a text up to the next comma. */
  #value(): Value {
    if (this.#text[this.#at] !== "{") return this.#convert(this.#until(",")[0]);
    this.#at++;
    const items: Value[] = [];
    for (;;) {
      const [text, stop] = this.#until(",}");
      if (stop === undefined) throw new ConfigValueError("list must terminate with '}'");
      if (stop === "," || text !== "" || items.length > 0) items.push(this.#convert(text));
      if (stop === ",") continue;
      if (this.#text[this.#at] === ",") this.#at++;
      return items;
    }
  }

  /** What stands before one of `stops`, and that one, which is read too; a backslash takes a meaning away. */
  #until(stops: string): readonly [text: string, stop: string | undefined] {
    let text = "";
    while (!this.isAtEnd) {
      const character = this.#text[this.#at++] as string;
      if (stops.includes(character)) return [text, character];
      text += character === "\\" ? (this.#text[this.#at++] ?? "") : character;
    }
    return [text, undefined];
  }
}

/** A value without a name is lost, as in Helm. */
function set(table: Table, key: string, value: Value): void {
  if (key !== "") Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
}

function own(table: Table, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function tableOf(value: Value | undefined): Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...(value as Table) } : {};
}

function withItem(list: Value[], index: number, value: Value): Value[] {
  if (index > maxIndex)
    throw new ConfigValueError(`index of ${index} is greater than maximum supported index of ${maxIndex}`);
  while (list.length < index) list.push(null);
  list[index] = value;
  return list;
}
