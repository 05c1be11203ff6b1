import { type Fields, isFields, textOf } from "../fields.ts";

/** How many violations there must be: any, none, or so many. `invalid` is told when the assertion is looked at, as gator does. */
export type Count = "yes" | "no" | "invalid" | number;

export interface Assertion {
  readonly violations: Count;
  /** RE2, found anywhere in the message; without it every violation counts. */
  readonly message?: string;
}

export interface Case {
  readonly name: string;
  /** A file with one object, or an AdmissionReview. */
  readonly object: string;
  /** Files with what is in `data.inventory`. */
  readonly inventory: readonly string[];
  readonly assertions: readonly Assertion[];
  readonly skip: boolean;
}

export interface SuiteTest {
  readonly name: string;
  readonly template: string;
  readonly constraint: string;
  readonly expansion: string;
  /** The constraint must fail the template's schema. */
  readonly invalid: boolean;
  readonly cases: readonly Case[];
  readonly skip: boolean;
}

/** test.gatekeeper.sh/v1alpha1 Suite. https://open-policy-agent.github.io/gatekeeper/website/docs/gator/#writing-test-suites */
export interface Suite {
  readonly tests: readonly SuiteTest[];
  readonly skip: boolean;
}

export function isSuite({ apiVersion, kind }: Fields): boolean {
  return kind === "Suite" && /^test\.gatekeeper\.sh(\/|$)/.test(textOf(apiVersion));
}

/** Reads a Suite; what is not there is empty. */
export function readSuite({ tests, skip }: Fields): Suite {
  return { tests: listOf(tests).map(readTest), skip: skip === true };
}

function readTest({ name, template, constraint, expansion, invalid, cases, skip }: Fields): SuiteTest {
  return {
    name: textOf(name),
    template: textOf(template),
    constraint: textOf(constraint),
    expansion: textOf(expansion),
    invalid: invalid === true,
    cases: listOf(cases).map(readCase),
    skip: skip === true,
  };
}

function readCase({ name, object, inventory, assertions, skip }: Fields): Case {
  return {
    name: textOf(name),
    object: textOf(object),
    inventory: Array.isArray(inventory) ? inventory.map(textOf) : [],
    assertions: listOf(assertions).map(readAssertion),
    skip: skip === true,
  };
}

function readAssertion({ violations = "yes", message }: Fields): Assertion {
  return { violations: readCount(violations), ...(typeof message === "string" ? { message } : {}) };
}

/** YAML 1.1 takes `yes` and `no` for true and false: both readings are good. */
function readCount(violations: unknown): Count {
  if (violations === true || violations === "yes") return "yes";
  if (violations === false || violations === "no") return "no";
  if (typeof violations === "number" && Number.isInteger(violations) && violations >= 0) return violations;
  return "invalid";
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
