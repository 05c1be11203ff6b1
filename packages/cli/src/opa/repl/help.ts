const commandHelp: readonly (readonly [string, string])[] = [
  ["<stmt>", "evaluate a query, or define a rule"],
  ["package <term>", "change the package"],
  ["import <term>", "add an import to the package"],
  ["show", "show what is defined in the package"],
  ["show debug", "show the settings"],
  ["unset <var>", "forget the rules of a name"],
  ["unset-package <var>", "forget a package"],
  ["json", "print answers as JSON"],
  ["pretty", "print answers as values and tables"],
  ["trace [mode]", "explain answers: full, notes, fails, debug; again to stop"],
  ["notes", "explain what trace() notes"],
  ["fails", "explain what fails"],
  ["metrics", "tell how long evaluations take"],
  ["instrument", "as metrics"],
  ["profile", "tell how long expressions take"],
  ["unknown [ref-1 [ref-2 [...]]]", "leave answers open for input, or other documents; again to stop"],
  ["pretty-limit <n>", "cut longer values in tables; 0 shows all"],
  ["strict-builtin-errors", "let errors of builtins end evaluations"],
  ["dump [path]", "print the base data, or write it to a file"],
  ["target [mode]", "what evaluates: rego"],
  ["help [topic]", "print this, or a topic: input, partial"],
  ["exit", "leave (or ctrl+d)"],
];

const inputHelp = `
Input
=====

Queries read \`input\` from the package repl.input: define documents there, or load a file to that place.

	> package repl.input
	> pod := {"metadata": {"name": "web"}}
	> package repl
	> input.pod.metadata.name
	"web"

	$ sallyport opa run repl.input:pod.json

`;

const partialHelp = `
Partial Evaluation
==================

With unknown documents, a query is answered with what is left of it when all else is known.

	> unknown input
	> input.user == "alice"; 1 + 1 == 2

`;

/** What `help` prints, of a topic or of everything. */
export function helpText(topic: string | undefined): string {
  if (topic === "input") return inputHelp;
  if (topic === "partial") return partialHelp;
  if (topic !== undefined) return `unknown topic '${topic}'\n`;
  const width = Math.max(...commandHelp.map(([name]) => name.length));
  const rows = commandHelp.map(([name, what]) => `${name.padStart(width)} : ${what}\n`);
  return `
Examples
========

> data                 # all documents
> data[x] = _          # the names of those at the top
> x := 1               # a rule of the package

Commands
========

${rows.join("")}
`;
}
