import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import { type Constraint, documents, kindsOf } from "../../bench/rego/gatekeeper.ts";

// biome-ignore lint/suspicious/noExplicitAny: templates, constraints and suites are free-form here
type Any = any;

/** A test of a gatekeeper-library suite: a template in force with a constraint, and objects to ask about. */
export interface SuiteTest {
  /** `general/allowedrepos/allowed-repos`. */
  readonly name: string;
  readonly template: Template;
  readonly constraint: KubeObject;
  /** `Pod`, `apps/Deployment`; empty for all. */
  readonly kinds: readonly string[];
  readonly cases: readonly SuiteCase[];
}

export interface SuiteCase {
  readonly name: string;
  readonly object: KubeObject;
  /** It is not made but updated. */
  readonly isUpdate: boolean;
  readonly inventory: readonly KubeObject[];
  /** Whether the suite wants it refused. */
  readonly isRefused: boolean;
}

/** The two sources of a ConstraintTemplate, and the kind of its constraints. */
export interface Template {
  readonly kind: string;
  /** Of the parameters. */
  readonly schema: Any;
  readonly rego: string;
  readonly libraries: readonly string[];
  readonly cel: Any;
}

/** All suites below `library/`. */
export function readSuites(folder: string): readonly SuiteTest[] {
  return globSync(`${folder}/library/*/*/suite.yaml`).sort().flatMap(readSuite);
}

function readSuite(file: string): readonly SuiteTest[] {
  const folder = dirname(file);
  const [suite] = documents<Any>(file);
  return (suite.tests as readonly Any[]).map((test) => {
    const [template] = documents<Any>(join(folder, test.template));
    const [constraint] = documents<Constraint & KubeObject>(join(folder, test.constraint));
    if (template === undefined || constraint === undefined) throw new Error(`${file}: no template or constraint`);
    return {
      name: `${folder.split("/").slice(-2).join("/")}/${test.name}`,
      template: readTemplate(template),
      constraint,
      kinds: kindsOf(constraint),
      cases: (test.cases as readonly Any[]).flatMap((each) => readCase(folder, each)),
    };
  });
}

function readCase(folder: string, { name, object: path, inventory = [], assertions }: Any): readonly SuiteCase[] {
  const [read] = documents<Any>(join(folder, path));
  if (read === undefined) return [];
  const isReview = read.kind === "AdmissionReview";
  const object = isReview ? read.request.object : read;
  const isRefused = (assertions as readonly Any[]).some(
    ({ violations = "yes" }) => !/^(no|false|0)$/.test(`${violations}`),
  );
  return [
    {
      name,
      object,
      isUpdate: isReview && read.request.operation === "UPDATE",
      inventory: (inventory as readonly string[]).flatMap((each) => documents<KubeObject>(join(folder, each))),
      isRefused,
    },
  ];
}

function readTemplate({ spec }: Any): Template {
  const [{ rego, libs, code = [] }] = spec.targets;
  const sourceOf = (name: string) => (code as readonly Any[]).find(({ engine }) => engine === name)?.source;
  const inCode = sourceOf("Rego");
  return {
    kind: spec.crd.spec.names.kind,
    schema: spec.crd.spec.validation?.openAPIV3Schema ?? { type: "object" },
    rego: rego ?? inCode?.rego,
    libraries: libs ?? inCode?.libs ?? [],
    cel: sourceOf("K8sNativeValidation"),
  };
}
