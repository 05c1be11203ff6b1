import { parse } from "yaml";
import type { Scenario, WaitingStep } from "./run.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects are free-form YAML
export type Any = any;

export const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A CustomResourceDefinition of `things` in the group `NAME.example.com`; `version` is flow YAML of its only version, `spec` of its spec. */
export function definition(name: string, version: string, spec = ""): Any {
  const group = `${name}.example.com`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, ...parse(`{${version}}`) }],
      ...parse(`{${spec}}`),
    },
  };
}

/** A version whose objects have these properties, in flow YAML; `more` stands beside them at the root. */
export function schema(properties: string, more = ""): string {
  return `schema: {openAPIV3Schema: {type: object, ${more === "" ? "" : `${more}, `}properties: {${properties}}}}`;
}

export function make(body: Any): WaitingStep {
  return { method: "POST", path: definitionsPath, body };
}

/** Waits until the kind is served, and its schema with it. */
export function served(name: string, version = "v1"): readonly WaitingStep[] {
  const group = `${name}.example.com`;
  return [
    {
      method: "GET",
      path: `${definitionsPath}/things.${group}`,
      until: { at: "/status/conditions/1/status", is: "True" },
    },
    { method: "GET", path: `/apis/${group}/${version}`, until: { code: 200 } },
    { method: "GET", path: `/apis/${group}/${version}/namespaces/d/things`, until: { code: 200 } },
  ];
}

/** The definition goes, and all of its objects. */
export function removed(name: string): readonly WaitingStep[] {
  const path = `${definitionsPath}/things.${name}.example.com`;
  return [
    { method: "DELETE", path },
    { method: "GET", path, until: { code: 404 } },
  ];
}

/** Requests about things of a definition that is there for them alone. */
export function withDefinition(name: string, body: Any, steps: readonly WaitingStep[], version = "v1"): Scenario {
  return { name, steps: [make(body), ...served(name, version), ...steps, ...removed(name)] };
}

/** Requests about the things of one definition. */
export class Things {
  readonly group: string;
  readonly collection: string;

  constructor(name: string, version = "v1") {
    this.group = `${name}.example.com/${version}`;
    this.collection = `/apis/${this.group}/namespaces/d/things`;
  }

  /** `text` is flow YAML of all but the type and the name. */
  object(name: string, text: string): Any {
    const { metadata, ...rest } = parse(`{${text}}`) ?? {};
    return { apiVersion: this.group, kind: "Thing", metadata: { name, ...metadata }, ...rest };
  }

  post(name: string, text: string, query = ""): WaitingStep {
    return { method: "POST", path: `${this.collection}${query}`, body: this.object(name, text) };
  }

  put(name: string, text: string, part = ""): WaitingStep {
    const body = this.object(name, text);
    body.metadata.resourceVersion = "(resourceVersion)";
    return { method: "PUT", path: `${this.collection}/${name}${part}`, body };
  }

  patch(name: string, text: string, part = "", type = "application/merge-patch+json"): WaitingStep {
    return { method: "PATCH", path: `${this.collection}/${name}${part}`, type, body: parse(text) };
  }

  apply(name: string, text: string, query: string): WaitingStep {
    return {
      method: "PATCH",
      path: `${this.collection}/${name}?${query}`,
      type: "application/apply-patch+yaml",
      body: this.object(name, text),
    };
  }

  get(name: string, accept?: string): WaitingStep {
    return { method: "GET", path: `${this.collection}/${name}`, ...(accept === undefined ? {} : { accept }) };
  }

  list(query: string, accept?: string): WaitingStep {
    return { method: "GET", path: `${this.collection}?${query}`, ...(accept === undefined ? {} : { accept }) };
  }

  remove(name: string): WaitingStep {
    return { method: "DELETE", path: `${this.collection}/${name}` };
  }
}
