/** What a pattern says of texts without its machine. */
export interface Literal {
  /** Every text that it matches holds this; may be empty. */
  readonly text: string;
  /** Every text that holds it is matched. */
  readonly isAll: boolean;
}

const nothing: Literal = { text: "", isAll: false };

/**
 * The characters that a pattern begins with and stand for themselves: `/api/v1/users/*` matches what holds `/api/v1/users`. Such are most
 * patterns of paths, and `includes` is several times faster than to ask a machine. Only ASCII, as a quantifier is one of a whole
 * character; nothing is said where there are alternatives.
 *
 * @param pattern - one that compiles, in RE2's syntax
 */
export function literalOf(pattern: string): Literal {
  if (pattern.includes("|")) return nothing;
  const [plain = ""] = /^[\w \-/:,;=@#%&<>~"'!]*/.exec(pattern) as RegExpExecArray;
  const rest = pattern.slice(plain.length);
  // The last character may be there more than once, or not at all.
  const isQuantified = /^[*?{]/.test(rest);
  const text = isQuantified ? plain.slice(0, -1) : plain;
  return { text, isAll: rest === "" || (plain !== "" && (rest === "*" || rest === "?")) };
}
