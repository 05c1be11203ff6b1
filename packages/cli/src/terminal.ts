import { styleText } from "node:util";

/** Colour only where a person looks: on a terminal, and never when NO_COLOR is set. https://no-color.org */
const colourful = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export function paint(style: Style | readonly Style[], text: string): string {
  return colourful ? styleText(style as Style, text) : text;
}

/** Breaks prose into lines of at most `width` columns, each behind `indent`. */
export function wrap(text: string, width = 100, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((each) => indent + each).join("\n");
}
