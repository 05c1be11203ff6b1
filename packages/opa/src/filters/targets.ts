/** A language that filters are written in. https://www.openpolicyagent.org/docs/filtering */
export interface Target {
  /** What its results stand under where there are several. */
  readonly family: "ucast" | "sqlserver" | "mysql" | "postgresql" | "sqlite";
  /** As OPA names it in messages. */
  readonly name: string;
  /** What it can say beside comparisons. */
  readonly can: ReadonlySet<Feature>;
}

export type Feature = "in" | "startswith" | "endswith" | "contains" | "not" | "field-ref" | "existence-ref";

const texts: readonly Feature[] = ["startswith", "endswith", "contains"];
const all: readonly Feature[] = ["in", ...texts, "not", "field-ref"];
const sql: readonly Feature[] = [...all, "existence-ref"];

function target(family: Target["family"], name: string, can: readonly Feature[]): Target {
  return { family, name, can: new Set(can) };
}

/** By dialect, as `targetDialects` lists them. */
export const targets: { readonly [dialect: string]: Target } = {
  "ucast+all": target("ucast", "UCAST (all)", all),
  "ucast+minimal": target("ucast", "UCAST", []),
  "ucast+linq": target("ucast", "UCAST (LINQ)", ["in"]),
  "ucast+prisma": target("ucast", "UCAST (prisma)", ["in", ...texts, "not", "existence-ref"]),
  "sql+sqlserver": target("sqlserver", "SQL (sqlserver)", sql),
  "sql+mysql": target("mysql", "SQL (mysql)", sql),
  "sql+postgresql": target("postgresql", "SQL (postgresql)", sql),
  "sql+sqlite": target("sqlite", "SQL (sqlite)", ["in", "not", "field-ref", "existence-ref"]),
};

/** Results of several targets stand in this order. */
export const familyOrder: readonly Target["family"][] = ["ucast", "postgresql", "mysql", "sqlserver", "sqlite"];
