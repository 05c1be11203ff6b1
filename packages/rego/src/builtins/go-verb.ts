/** A verb of a format with its flags, as Go's fmt knows them while it prints. https://pkg.go.dev/fmt#hdr-Printing */
export interface Verb {
  readonly letter: string;
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** `%#v`: in Go's syntax. The flags that `%v` has are none for what it prints. */
  readonly sharpV: boolean;
  /** `%+v`. */
  readonly plusV: boolean;
  /** In characters. */
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/** `%v` without flags. */
export const plainVerb: Verb = verbOf("v", "", undefined, undefined);

/** A verb with these flags, as a format writes them. */
export function verbOf(letter: string, flags: string, width: number | undefined, precision: number | undefined): Verb {
  const has = (flag: string): boolean => flags.includes(flag);
  const isValue = letter === "v" || letter === "w";
  return {
    letter,
    minus: has("-"),
    plus: has("+") && !isValue,
    sharp: has("#") && !isValue,
    space: has(" "),
    zero: has("0"),
    sharpV: has("#") && isValue,
    plusV: has("+") && isValue,
    width,
    precision,
  };
}

/** Fills the width: with zeros where they are asked for, but on the left alone. */
export function pad(text: string, { width = 0, minus, zero }: Verb): string {
  // No text has more characters than units.
  if (width === 0) return text;
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  return minus ? text + " ".repeat(missing) : (zero ? "0" : " ").repeat(missing) + text;
}

/** Fills the width with spaces, whatever the flags. */
export function padWithSpaces(text: string, verb: Verb): string {
  return pad(text, { ...verb, zero: false });
}

/** The text's first characters, as many as the precision says. */
export function cut(text: string, { precision }: Verb): string {
  return precision === undefined || text.length <= precision ? text : [...text].slice(0, precision).join("");
}
