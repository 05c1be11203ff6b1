import {
  type AuditViolation,
  exportBoundary,
  exportMessage,
  policyReport,
  type ReportApi,
} from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { yamlText } from "@sallyport/rego/yaml";

/** Takes the violations of one audit as they are found, those of one object one after the other, and tells them: nothing is kept of them. */
export interface AuditOutput {
  readonly violation: (violation: AuditViolation) => void | Promise<void>;
  /** Totals of the whole audit. */
  readonly end: (total: number, reviewed: number) => void | Promise<void>;
}

export interface AuditOutputOptions {
  /** Resolves when more may be written: whoever reads slowly must not fill our memory. */
  readonly write: (text: string) => void | Promise<void>;
  /** When the audit began, in milliseconds. */
  readonly at: number;
}

/** By the names of `--output`. */
export const auditOutputs: {
  readonly [format: string]: (options: AuditOutputOptions) => AuditOutput;
} = {
  text: ({ write }) => ({
    violation: (each) => write(textLine(each)),
    end: (total, reviewed) => write(`${total} violations in ${reviewed} objects\n`),
  }),
  json: ({ write }) => ({ violation: (each) => write(jsonLine(each)), end: () => {} }),
  export: ({ write, at }) => {
    const id = timestampOf(at);
    const line = (message: object) => write(`${JSON.stringify(message)}\n`);
    line(exportBoundary("started", id));
    return { violation: (each) => line(exportMessage(each, id)), end: () => line(exportBoundary("completed", id)) };
  },
  policyreport: ({ write, at }) => reportsOutput("wgpolicyk8s.io", at, (report) => write(yamlDocument(report))),
  openreports: ({ write, at }) => reportsOutput("openreports.io", at, (report) => write(yamlDocument(report))),
};

/** One report for each object, when the next object begins. */
export function reportsOutput(
  api: ReportApi,
  at: number,
  tell: (report: KubeObject) => void | Promise<void>,
): AuditOutput {
  let current: AuditViolation[] = [];
  const flush = () => {
    const [first] = current;
    const report = first && policyReport(first.object, current, { api, at });
    current = [];
    return report && tell(report);
  };
  return {
    violation: async (each) => {
      if (current[0]?.object !== each.object) await flush();
      current.push(each);
    },
    end: flush,
  };
}

/** RFC 3339, whole seconds. */
export function timestampOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function yamlDocument(report: KubeObject): string {
  return `---\n${yamlText(report as never)}`;
}

function placeOf({ object: { apiVersion, kind, metadata } }: AuditViolation) {
  const { name = "", namespace } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function jsonLine(violation: AuditViolation): string {
  const { constraint, message, enforcementAction, enforcementActions } = violation;
  return `${JSON.stringify({
    constraint: { kind: constraint.kind, name: constraint.name },
    object: placeOf(violation),
    enforcementAction,
    ...(enforcementActions.length === 0 ? {} : { enforcementActions }),
    message,
  })}\n`;
}

function textLine(violation: AuditViolation): string {
  const { kind, namespace, name } = placeOf(violation);
  const { constraint, message, enforcementAction } = violation;
  const place = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  return `${place}  ${enforcementAction}  [${constraint.kind}/${constraint.name}] ${message}\n`;
}
