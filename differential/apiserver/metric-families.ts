/** One metric of a text of Prometheus: what it is, and which labels its series have. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly labels: ReadonlySet<string>;
}

/** Prometheus' text by family: `name_bucket` and the like belong to `name`. */
export function familiesOf(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, { type: string; help: string; labels: Set<string> }>();
  const familyOf = (name: string) => {
    const found = families.get(name) ?? { type: "", help: "", labels: new Set<string>() };
    families.set(name, found);
    return found;
  };
  for (const line of text.split("\n")) {
    const [, word, named, rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP") familyOf(named as string).help = rest;
    if (word === "TYPE") familyOf(named as string).type = rest;
    const [, series = "", labels = ""] = /^([a-z_0-9]+)(?:\{(.*)\})? /i.exec(line) ?? [];
    if (series === "") continue;
    const base = series.replace(/_(bucket|sum|count)$/, "");
    const family = familyOf(families.has(base) ? base : series);
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) if (label !== "le") family.labels.add(label);
  }
  return families;
}
