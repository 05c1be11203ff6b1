/** A text in UTF-8 with a 0 behind it; half surrogate pairs become U+FFFD. */
export interface Utf8 {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const encoder = new TextEncoder();

/** Larger texts have memory of their own: to keep theirs would be to keep it forever. */
const scratchSize = 262_144;

const scratch = new Uint8Array(scratchSize);

/** Good until the next call: texts of usual sizes share their memory. */
export function utf8Of(text: string): Utf8 {
  const enough = text.length * 3 + 1;
  const bytes = enough > scratchSize ? new Uint8Array(enough) : scratch;
  const { written } = encoder.encodeInto(text, bytes);
  bytes[written] = 0;
  return { bytes, length: written };
}
