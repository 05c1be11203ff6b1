/** A command line's words, as a shell takes them apart: quotes and backslashes, without expansion. Answers a text for what no shell takes. */
export function wordsOf(text: string): readonly string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote === "'") {
      if (char === "'") quote = "";
      else word = (word ?? "") + char;
    } else if (char === "\\" && (quote === "" || /["\\$`\n]/.test(text[i + 1] ?? ""))) {
      // A line that goes on.
      if (text[i + 1] !== "\n") word = (word ?? "") + (text[i + 1] ?? "");
      i++;
    } else if (quote === '"') {
      if (char === '"') quote = "";
      else word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") return `the quote ${quote} is not closed`;
  if (word !== undefined) words.push(word);
  return words;
}

/** A word as a shell must be given it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
