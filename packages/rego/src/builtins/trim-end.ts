/**
 * The text without the characters at its end that the pattern, of one character, matches. A pattern such as `/ +$/` takes quadratic time for
 * texts with many of them elsewhere.
 */
export function trimEnd(text: string, trimmed: RegExp): string {
  let end = text.length;
  while (end > 0 && trimmed.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
