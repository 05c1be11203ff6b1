import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { isExpansionTemplate } from "../expansion/expansion-template.ts";
import { within } from "../fault.ts";
import { type Fields, isFields } from "../fields.ts";
import { Framework, type Result } from "../framework.ts";
import { type Review, reviewOfRequest } from "../review.ts";
import { isTemplate, targetName } from "../template/template.ts";
import { Expander } from "./expander.ts";
import { beside, objectsIn, type SuiteFiles } from "./files.ts";
import { compareResults, reviewExpanded } from "./review-expanded.ts";
import type { ReviewNotes } from "./statistics.ts";
import type { Case, SuiteTest } from "./suite.ts";

export interface TestBedOptions {
  readonly files: SuiteFiles;
  /** Makes the engines, in order of preference; `print` takes what policies print. */
  readonly engines: (print?: (line: string) => void) => readonly Engine[];
  /** Traces what is reviewed, where that is wanted. */
  readonly notes?: ReviewNotes | undefined;
}

/** A test's template and constraint in force, for one case after the other. */
export class TestBed {
  readonly #file: string;
  readonly #files: SuiteFiles;
  readonly #framework: Framework;
  readonly #expander: Expander | undefined;
  readonly #notes: ReviewNotes | undefined;
  #printed = new Printed();

  /** Throws an error of one line, in gator's words; of a fault of the constraint's schema a `FrameworkError`. */
  constructor(
    file: string,
    { template: templatePath, constraint: constraintPath, expansion, invalid }: SuiteTest,
    { files, engines, notes }: TestBedOptions,
  ) {
    this.#notes = notes;
    this.#file = file;
    this.#files = files;
    this.#framework = new Framework({ engines: engines((line) => this.#printed.add(line)) });
    if (templatePath === "") throw new Error("invalid Suite: missing template");
    const template = oneObject(files, beside(file, templatePath), "ConstraintTemplate");
    if (!isTemplate(template))
      throw new Error(`path ${JSON.stringify(beside(file, templatePath))}: not a ConstraintTemplate`);
    within("adding template", () => this.#framework.addTemplate(template));
    if (constraintPath === "") throw new Error("invalid Suite: missing constraint");
    const constraint = oneObject(files, beside(file, constraintPath), "Constraint");
    if (!isConstraint(constraint)) throw new Error("not a Constraint");
    this.#framework.addConstraint(constraint);
    // Nothing is reviewed under a constraint that must not be taken.
    this.#expander = expansion === "" || invalid ? undefined : expanderOf(files, beside(file, expansion));
  }

  /** What the constraint says of a case's object, by enforcement action and message. Throws an error of one line. */
  review({ object, inventory }: Case): readonly Result[] {
    const reviewed = this.#reviewedObject(beside(this.#file, object));
    const { inventory: replicated } = this.#framework;
    replicated.clear();
    for (const each of inventory.flatMap((name) => this.#objects(beside(this.#file, name)))) replicated.put(each);
    return this.#results(reviewed).toSorted(compareResults);
  }

  /** What policies have printed since it was asked last. */
  takePrinted(): string {
    const { text } = this.#printed;
    this.#printed = new Printed();
    return text;
  }

  /** How the last review came about; undefined where it is not traced. */
  takeTrace(): string | undefined {
    if (this.#notes === undefined) return undefined;
    const { trace } = this.#notes.take();
    return trace === undefined ? `Target: ${targetName}\n` : `Target: ${targetName}\nTrace:\n${trace}\n\n`;
  }

  #objects(path: string): readonly KubeObject[] {
    return objectsIn(this.#files.documents(path));
  }

  #reviewedObject(path: string): KubeObject {
    const objects = this.#objects(path);
    const [reviewed] = objects;
    if (reviewed === undefined)
      throw new Error(`missing objects: path ${JSON.stringify(path)} defines no YAML objects`);
    if (objects.length === 1) return reviewed;
    throw new Error(
      `object file must contain exactly one object: ${JSON.stringify(path)} defines ${objects.length} objects`,
    );
  }

  #results(object: KubeObject): readonly Result[] {
    const isReview = object.kind === "AdmissionReview" && object.apiVersion.startsWith("admission.k8s.io/");
    if (isReview) return this.#framework.review(reviewOf(object), "gator.gatekeeper.sh", this.#notes);
    return reviewExpanded(this.#framework, object, {
      expander: this.#expander,
      namespace: undefined,
      mutate: false,
      watch: this.#notes,
    });
  }
}

/** Bytes of print output that are kept of a case. gator's DefaultPrintBufferLimit. */
const printLimit = 1 << 20;

function expanderOf(files: SuiteFiles, path: string): Expander {
  const templates = within(`reading ExpansionTemplate from ${JSON.stringify(path)}`, () =>
    objectsIn(files.documents(path)),
  );
  if (templates.length === 0 || !templates.every(isExpansionTemplate))
    throw new Error(`not an Expansion Template: ${JSON.stringify(path)}`);
  return new Expander(templates);
}

/** The first object of a file; `what` is told where the file cannot be read. */
function oneObject(files: SuiteFiles, path: string, what: string): KubeObject {
  const objects = within(`reading ${what} from ${JSON.stringify(path)}`, () => objectsIn(files.documents(path)));
  const [object] = objects;
  if (object === undefined) throw new Error(`missing objects: path ${JSON.stringify(path)} defines no YAML objects`);
  return object;
}

function reviewOf(object: KubeObject): Review {
  const request: unknown = object["request"];
  if (!isFields(request))
    throw new Error("missing an AdmissionRequest object: request did not actually pass in an AdmissionRequest");
  if (!isFields(request["object"]) && !isFields(request["oldObject"]))
    throw new Error(
      'no object or oldObject found to review: AdmissionRequest does not contain an "object" or "oldObject" to review',
    );
  return reviewOfRequest(request as Fields, { source: "Original" });
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
