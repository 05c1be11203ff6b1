/** A script and the files it begins with. https://pkg.go.dev/golang.org/x/tools/txtar */
export interface Archive {
  readonly script: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

export function parseTxtar(text: string): Archive {
  const [script = "", ...rest] = text.split(/^-- (.+) --\n/m);
  const files: { name: string; text: string }[] = [];
  for (let i = 0; i < rest.length; i += 2)
    files.push({ name: (rest[i] as string).trim(), text: rest[i + 1] as string });
  return { script, files };
}
