const blank = /^[ \t]*/;

/**
 * The value of a name in a file of `NAME='VALUE'` lines, with `#` before remarks; values may have several lines. Empty where the file
 * does not have it. Throws `Error` in kubelet's words, for a fault before the name is found. https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-via-file/
 */
export function environmentFileValue(text: string, key: string): string {
  const lines = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.replace(/\r$/, ""));
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] as string).replace(blank, "");
    if (line === "" || line.startsWith("#")) continue;
    const { name, rest } = assignmentOf(line, i + 1);
    // As shells have it: the value ends before it begins.
    if (/^[ \t]/.test(rest)) {
      if (name === key) return "";
      continue;
    }
    const { value, end } = quotedValue(lines, i, rest);
    if (name === key) return value;
    i = end;
  }
  return "";
}

function assignmentOf(line: string, number: number): { readonly name: string; readonly rest: string } {
  const equals = line.indexOf("=");
  if (equals < 0) throw fault(`at line ${number}: missing '='`);
  const before = line.slice(0, equals);
  const name = before.replace(/[ \t]+$/, "");
  if (name === "") throw fault(`at line ${number}: empty variable name`);
  if (name !== before) throw fault(`at line ${number}: whitespace before '=' is not allowed`);
  return { name, rest: line.slice(equals + 1) };
}

/** `end` is the index of its last line. */
function quotedValue(
  lines: readonly string[],
  start: number,
  first: string,
): { readonly value: string; readonly end: number } {
  if (!first.startsWith("'")) throw fault(`at line ${start + 1}: value must be enclosed in single quotes`);
  const parts: string[] = [];
  let rest = first.slice(1);
  for (let i = start; ; ) {
    const close = rest.indexOf("'");
    if (close >= 0) {
      const after = rest.slice(close + 1).replace(blank, "");
      if (after !== "" && !after.startsWith("#"))
        throw fault(`at line ${i + 1}: unexpected content after closing quote`);
      return { value: [...parts, rest.slice(0, close)].join("\n"), end: i };
    }
    parts.push(rest);
    i++;
    if (i >= lines.length) throw fault(`starting at line ${start + 1}: unclosed single quote`);
    rest = lines[i] as string;
  }
}

function fault(where: string): Error {
  return new Error(`invalid environment variable format ${where}`);
}
