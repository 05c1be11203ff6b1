/** A name and its value in a text that is no document of its own: `.env`, properties, INI, shell, command lines, XML. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Of the value in the text. */
  readonly offset: number;
}

/** A line of a file that says more is no line that a person wrote. */
const maxLine = 10_000;

/** A whole line: `NAME=value`, `export NAME="value"`, `name: value`, `"name": "value",`, with a sign of a comment before it or not. */
const wholeLine =
  /^(?:\s|#|\/\/|;|\*|\$|--(?=\s)){0,20}(?:(?:export|set|ENV|ARG|const|let|var|val|final|static|string|String|-) ){0,3}["'`]?([A-Za-z_@][\w.[\]/-]{0,100})["'`]?(?: string)?\s{0,10}(?:=>|:{0,3}=|[?.+]=|=|:)\s{0,10}(\S.*)$/;

/** Within a line: `--name=value`, `--name value`, `-Dname=value`, `NAME=value` and XML's attributes. */
const within =
  /(?:^|[\s"'`;&|(<,])(?:--?(?:D(?=[a-z]))?)?([A-Za-z_][\w.-]{1,100})(?:=(?:"([^"\n]{1,4096})"|'([^'\n]{1,4096})'|((?:\$\([^)\s]{1,100}\)|(?!\$\()[^\s"'`;&|<>,)]){1,4096}))|(?<=--[\w.-]{2,101})\s{1,4}(?:"([^"\n]{1,4096})"|'([^'\n]{1,4096})'|((?![\w.-]{1,100}=[^\s=])[^\s"'`;&|<>-][^\s"'`;&|<>]{0,4096})))/g;

const element = /<([A-Za-z_][\w.:-]{1,100})(?:\s[^<>]{0,200})?>([^<>\n]{3,4096})<\/\1>/g;

/** An element of XML whose text stands in a line of its own. */
const tallElement = /<([A-Za-z_][\w.:-]{1,100})>[ \t]{0,200}\r?\n\s{0,200}([^<>\s]{3,4096})\s{1,200}<\/\1>/g;

/** All of a text, line by line; a `value` below a `name` has that name. */
export function* assignmentsOf(text: string): Generator<Assignment> {
  let start = 0;
  let named: string | undefined;
  for (const line of text.split("\n")) {
    if (line.length <= maxLine)
      for (const each of assignmentsOfLine(line)) {
        yield { ...each, offset: each.offset + start };
        if (each.name === "value" && named !== undefined) yield { ...each, name: named, offset: each.offset + start };
        named = each.name === "name" ? each.value : undefined;
      }
    for (const each of pairsOfLine(line)) yield { ...each, offset: each.offset + start };
    start += line.length + 1;
  }
  for (const match of text.matchAll(tallElement)) {
    const [all, name = "", value = ""] = match;
    yield { name, value, offset: match.index + all.indexOf(value, all.indexOf(">")) };
  }
}

/** `{name: DB_PASSWORD, value: …}` in templates, which cannot be read as documents; `setProperty("db.password", "…")` in code. */
function* pairsOfLine(line: string): Generator<Assignment> {
  for (const match of line.matchAll(/\{\s*name:\s*["']?([\w.-]{1,100})["']?,\s*value:\s*["']?([^\s"',}]{1,4096})/g)) {
    const [all, name = "", value = ""] = match;
    yield { name, value, offset: match.index + all.lastIndexOf(value) };
  }
  for (const match of line.matchAll(/\(["']([\w.-]{1,100})["'],\s{0,4}["']([^"']{3,4096})["']\)/g)) {
    const [all, name = "", value = ""] = match;
    yield { name, value, offset: match.index + all.lastIndexOf(value) };
  }
}

function* assignmentsOfLine(line: string): Generator<Assignment> {
  const whole = wholeLine.exec(line);
  if (whole !== null && !/^\/\//.test(whole[2] as string)) {
    const [, name = "", rest = ""] = whole;
    const value = unquoted(rest);
    yield { name, value, offset: line.length - rest.length + rest.indexOf(value) };
    if (!/[\s&;]/.test(value)) return;
  }
  for (const match of line.matchAll(within)) {
    const [all, name = ""] = match;
    const value = match.slice(2).find((each) => each !== undefined) as string;
    yield innerOf({ name, value, offset: match.index + all.lastIndexOf(value) });
  }
  for (const match of line.matchAll(element)) {
    const [all, name = "", value = ""] = match;
    yield { name, value, offset: match.index + all.indexOf(value, all.indexOf(">")) };
  }
}

/** `--from-literal=password=…`: flags whose value is an assignment itself. */
function innerOf(each: Assignment): Assignment {
  if (!/^(?:from-literal|set|set-string|build-arg|env|var|extra-vars|literal)$/.test(each.name)) return each;
  const [all = "", name = "", value = ""] = /^([A-Za-z_][\w.-]{0,100})=(.+)$/.exec(each.value) ?? [];
  return all === "" ? each : { name, value, offset: each.offset + name.length + 1 };
}

/** Without quotes around it, and what stands behind it: a comma, a semicolon, a comment. */
function unquoted(rest: string): string {
  const [, , quoted] = /^(["'`])((?:(?!\1).){0,4096})\1\s*[,;]?\s*(?:(?:#|\/\/).*)?$/.exec(rest) ?? [];
  return quoted ?? rest.replace(/\s+(?:#|\/\/).*$/, "").replace(/[,;]?\s*$/, "");
}
