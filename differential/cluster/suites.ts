import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type CelSource,
  readCelSource,
  readSuite,
  readTemplate,
  type SuiteCase,
  type Template,
} from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { type Constraint, documents, kindsOf, regoSourceOf } from "../../bench/rego/gatekeeper.ts";

/** A test of a gatekeeper-library suite: a template in force with a constraint, and objects to ask about. */
export interface LibraryTest extends Languages {
  /** `general/allowedrepos/allowed-repos`. */
  readonly name: string;
  readonly constraint: KubeObject;
  /** `Pod`, `apps/Deployment`; empty for all. */
  readonly kinds: readonly string[];
  readonly cases: readonly LibraryCase[];
}

export interface LibraryCase {
  readonly name: string;
  readonly object: KubeObject;
  /** It is not made but updated. */
  readonly isUpdate: boolean;
  readonly inventory: readonly KubeObject[];
  /** Whether the suite wants it refused. */
  readonly isRefused: boolean;
}

/** A ConstraintTemplate with its two sources. */
export interface Languages {
  readonly template: Template;
  readonly rego: string;
  readonly libraries: readonly string[];
  readonly cel: CelSource | undefined;
}

/** All suites below `library/`. */
export function readSuites(folder: string): readonly LibraryTest[] {
  return globSync(`${folder}/library/*/*/suite.yaml`).sort().flatMap(readTests);
}

function readTests(file: string): readonly LibraryTest[] {
  const folder = dirname(file);
  const [suite] = documents<{ readonly [field: string]: unknown }>(file);
  return readSuite(suite ?? {}).tests.map((test) => {
    const [template] = documents<KubeObject>(join(folder, test.template));
    const [constraint] = documents<Constraint & KubeObject>(join(folder, test.constraint));
    if (template === undefined || constraint === undefined) throw new Error(`${file}: no template or constraint`);
    return {
      name: `${folder.split("/").slice(-2).join("/")}/${test.name}`,
      ...languagesOf(readTemplate(template)),
      constraint,
      kinds: kindsOf(constraint),
      cases: test.cases.flatMap((each) => readCase(folder, each)),
    };
  });
}

function languagesOf(template: Template): Languages {
  const { rego = "", libs = [] } = regoSourceOf(template) ?? {};
  const cel = template.code.find(({ engine }) => engine === "K8sNativeValidation")?.source;
  return { template, rego, libraries: libs, cel: cel && readCelSource(cel, "Fail") };
}

interface Review {
  readonly object: KubeObject;
  readonly operation: string;
}

function readCase(folder: string, { name, object: path, inventory, assertions }: SuiteCase): readonly LibraryCase[] {
  const [read] = documents<KubeObject>(join(folder, path));
  if (read === undefined) return [];
  const review = read.kind === "AdmissionReview" ? (read["request"] as Review) : undefined;
  return [
    {
      name,
      object: review?.object ?? read,
      isUpdate: review?.operation === "UPDATE",
      inventory: inventory.flatMap((each) => documents<KubeObject>(join(folder, each))),
      isRefused: assertions.some(({ violations }) => violations !== "no" && violations !== 0),
    },
  ];
}
