import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { FrameworkError } from "../fault.ts";
import { type Fields, isFields } from "../fields.ts";
import { Framework, type Result } from "../framework.ts";
import { type Review, reviewOfObject, reviewOfRequest } from "../review.ts";
import { isTemplate } from "../template/template.ts";
import { assertionFault } from "./assertion.ts";
import { beside, objectsOf, type SuiteFiles } from "./files.ts";
import type { Filter } from "./filter.ts";
import type { Case, Suite, SuiteTest } from "./suite.ts";

export interface CaseResult {
  readonly name: string;
  readonly skipped: boolean;
  /** Why it failed, or could not be run. */
  readonly error?: string;
  readonly seconds: number;
  /** What policies printed. */
  readonly print: string;
}

export interface TestResult {
  readonly name: string;
  readonly skipped: boolean;
  readonly error?: string;
  readonly seconds: number;
  readonly cases: readonly CaseResult[];
}

export interface SuiteResult {
  readonly path: string;
  readonly skipped: boolean;
  readonly error?: string;
  readonly seconds: number;
  readonly tests: readonly TestResult[];
}

export interface VerifyOptions {
  readonly files: SuiteFiles;
  readonly filter: Filter;
  /** Makes the engines, in order of preference; `print` takes what policies print. */
  readonly engines: (print?: (line: string) => void) => readonly Engine[];
  /** Milliseconds. */
  readonly now: () => number;
}

/** Bytes of print output that are kept of a case. gator's DefaultPrintBufferLimit. */
const printLimit = 1 << 20;

/** Runs a suite; each case has a framework of its own. Never throws for what is wrong with a suite. */
export function verifySuite(path: string, file: string, suite: Suite, options: VerifyOptions): SuiteResult {
  const started = options.now();
  if (suite.skip) return { path, skipped: true, seconds: 0, tests: [] };
  const tests = suite.tests.map((test) => verifyTest(file, test, options));
  return { path, skipped: false, seconds: (options.now() - started) / 1000, tests };
}

function verifyTest(file: string, test: SuiteTest, options: VerifyOptions): TestResult {
  const { name } = test;
  if (test.skip || !options.filter.matchesTest(test)) return { name, skipped: true, seconds: 0, cases: [] };
  const started = options.now();
  const { error, cases } = runTest(file, test, options);
  return { name, skipped: false, seconds: (options.now() - started) / 1000, cases, ...(error && { error }) };
}

function runTest(
  file: string,
  test: SuiteTest,
  options: VerifyOptions,
): { readonly error?: string; readonly cases: readonly CaseResult[] } {
  const fault = faultOf(() => frameworkFor(file, test, options.files, options.engines()));
  if (test.invalid) return { ...invalidFault(fault), cases: [] };
  if (fault !== undefined) return { error: fault.message, cases: [] };
  return { cases: test.cases.map((each) => verifyCase(file, test, each, options)) };
}

function invalidFault(fault: Error | undefined): { readonly error?: string } {
  if (fault instanceof FrameworkError && fault.kind === "schema") return {};
  const got = fault === undefined ? "%!w(<nil>)" : fault.message;
  return {
    error: `constraint should have failed schema validation: got error ${got} but want schema validation failed`,
  };
}

function faultOf(run: () => unknown): Error | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** A framework with the test's template and constraint. Throws. */
function frameworkFor(file: string, test: SuiteTest, files: SuiteFiles, engines: readonly Engine[]): Framework {
  const framework = new Framework({ engines });
  if (test.template === "") throw new Error("invalid Suite: missing template");
  const template = oneObject(files, beside(file, test.template), "ConstraintTemplate");
  if (!isTemplate(template))
    throw new Error(`path ${JSON.stringify(beside(file, test.template))}: not a ConstraintTemplate`);
  within("adding template", () => framework.addTemplate(template));
  if (test.constraint === "") throw new Error("invalid Suite: missing constraint");
  const constraint = oneObject(files, beside(file, test.constraint), "Constraint");
  if (!isConstraint(constraint)) throw new Error("not a Constraint");
  framework.addConstraint(constraint);
  return framework;
}

/** The first object of a file; `what` is told where the file cannot be read. */
function oneObject(files: SuiteFiles, path: string, what: string): KubeObject {
  let objects: readonly KubeObject[];
  try {
    objects = objectsOf(files, path);
  } catch (error) {
    throw new Error(`reading ${what} from ${JSON.stringify(path)}: ${(error as Error).message}`);
  }
  const [object] = objects;
  if (object === undefined) throw new Error(`missing objects: path ${JSON.stringify(path)} defines no YAML objects`);
  return object;
}

function within(what: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof FrameworkError) throw new FrameworkError(error.kind, `${what}: ${error.message}`);
    throw error;
  }
}

function verifyCase(file: string, test: SuiteTest, tried: Case, options: VerifyOptions): CaseResult {
  const { name } = tried;
  if (tried.skip || !options.filter.matchesCase(test.name, name)) return { name, skipped: true, seconds: 0, print: "" };
  const started = options.now();
  const printed = new Printed();
  const error = caseFault(file, test, tried, options, printed);
  const seconds = (options.now() - started) / 1000;
  return { name, skipped: false, seconds, print: printed.text, ...(error === undefined ? {} : { error }) };
}

function caseFault(
  file: string,
  test: SuiteTest,
  tried: Case,
  options: VerifyOptions,
  printed: Printed,
): string | undefined {
  if (tried.object === "") return "invalid Case: must define object";
  if (tried.assertions.length === 0) return "invalid Case: assertions must be non-empty";
  try {
    const engines = options.engines((line) => printed.add(line));
    const messages = reviewCase(file, test, tried, options.files, engines).map(({ msg }) => msg);
    for (const assertion of tried.assertions) {
      const fault = assertionFault(assertion, messages);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** By enforcement action, then by message. */
function reviewCase(
  file: string,
  test: SuiteTest,
  { object, inventory }: Case,
  files: SuiteFiles,
  engines: readonly Engine[],
): readonly Result[] {
  const framework = frameworkFor(file, test, files, engines);
  const path = beside(file, object);
  const objects = objectsOf(files, path);
  const [reviewed] = objects;
  if (reviewed === undefined || objects.length !== 1)
    throw new Error(
      objects.length === 0
        ? `missing objects: path ${JSON.stringify(path)} defines no YAML objects`
        : `object file must contain exactly one object: ${JSON.stringify(path)} defines ${objects.length} objects`,
    );
  for (const each of inventory.flatMap((name) => objectsOf(files, beside(file, name)))) framework.inventory.put(each);
  const results = reviewWith(framework, reviewed);
  return results.toSorted((a, b) => order(a.enforcementAction, b.enforcementAction) || order(a.msg, b.msg));
}

/** Of an object that is no review an error says which one it was. */
function reviewWith(framework: Framework, object: KubeObject): readonly Result[] {
  const review = reviewOf(object);
  try {
    return framework.review(review, "gator.gatekeeper.sh");
  } catch (error) {
    if (!(error instanceof FrameworkError) || object.kind === "AdmissionReview") throw error;
    const { apiVersion, kind, metadata } = object;
    const { name = "", namespace = "" } = metadata;
    const shown = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
    throw new FrameworkError("review", `reviewing ${shown}, Kind=${kind} ${namespace}/${name}: ${error.message}`);
  }
}

function reviewOf(object: KubeObject): Review {
  if (object.kind !== "AdmissionReview" || !object.apiVersion.startsWith("admission.k8s.io/"))
    return reviewOfObject(object, { source: "Original" });
  const request: unknown = object["request"];
  if (!isFields(request))
    throw new Error("missing an AdmissionRequest object: request did not actually pass in an AdmissionRequest");
  if (!isFields(request["object"]) && !isFields(request["oldObject"]))
    throw new Error(
      'no object or oldObject found to review: AdmissionRequest does not contain an "object" or "oldObject" to review',
    );
  return reviewOfRequest(request as Fields, { source: "Original" });
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Lines up to a limit. */
class Printed {
  text = "";
  #isFull = false;

  add(line: string): void {
    if (this.#isFull) return;
    this.text += `${line}\n`;
    if (this.text.length <= printLimit) return;
    this.#isFull = true;
    this.text = `${this.text.slice(0, printLimit)}\n... additional print output truncated ...\n`;
  }
}
