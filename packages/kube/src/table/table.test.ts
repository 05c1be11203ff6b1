import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "../catalogue.ts";
import type { KubeObject } from "../object.ts";
import { selectorText } from "./layout.ts";
import { tableOf } from "./table.ts";

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly type: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

const now = Date.parse("2026-01-02T00:00:10Z");

function table(group: string, resource: string, object: object): Table {
  const whole = {
    metadata: { name: "a", creationTimestamp: "2026-01-02T00:00:00Z" },
    ...object,
  } as unknown as KubeObject;
  return tableOf(group, resource, [whole], now) as unknown as Table;
}

test("every resource has a cell for each column, of an object without any field too", () => {
  for (const { group, resource } of builtinResources.filter(({ verbs }) => verbs.includes("list"))) {
    const { columnDefinitions, rows } = table(group, resource, {});
    // kube-apiserver tells the age of these under no heading.
    const more = resource === "ipaddresses" ? 1 : 0;
    equal(rows[0]?.cells.length, columnDefinitions.length + more, `${group}/${resource}`);
    equal(rows[0]?.cells.includes(undefined), false, `${group}/${resource}`);
  }
});

const rows: readonly [resource: string, object: object, cells: readonly unknown[]][] = [
  [
    "/services",
    {
      spec: {
        type: "NodePort",
        clusterIP: "10.0.0.1",
        ports: [{ port: 80, nodePort: 30000 }],
        selector: { b: "1", a: "2" },
      },
    },
    ["a", "NodePort", "10.0.0.1", "<none>", "80:30000/TCP", "10s", "a=2,b=1"],
  ],
  [
    "storagemigration.k8s.io/storageversionmigrations",
    {
      spec: { resource: { group: "apps", resource: "deployments" } },
      status: { conditions: [{ type: "Running", status: "True" }] },
    },
    ["a", "deployments.apps", "Running"],
  ],
  ["certificates.k8s.io/clustertrustbundles", {}, ["a", "<none>"]],
  [
    "certificates.k8s.io/podcertificaterequests",
    { spec: { podName: "p", signerName: "e/s" }, status: { conditions: [{ type: "Denied", status: "True" }] } },
    ["a", "p", "", "", "e/s", "Denied", "<none>"],
  ],
  // Bookmarks say nothing of an object.
  ["/services", {}, ["a", "", "<none>", "<unknown>", "<none>", "10s", "<none>"]],
  ["/limitranges", { metadata: { name: "a" } }, ["a", "0001-01-01T00:00:00Z"]],
  [
    "/nodes",
    { status: { nodeInfo: { kernelVersion: "6.1", architecture: "amd64" } } },
    ["a", "Unknown", "<none>", "10s", "", "<none>", "<none>", "<unknown>", "6.1 (amd64)", "<unknown>"],
  ],
  [
    "/endpoints",
    { subsets: [{ addresses: [{ ip: "1.1.1.1" }, { ip: "::1" }], ports: [{ port: 1 }, { port: 2 }] }] },
    ["a", "1.1.1.1:1,[::1]:1,1.1.1.1:2 + 1 more...", "10s"],
  ],
  [
    "rbac.authorization.k8s.io/rolebindings",
    { roleRef: { kind: "Role", name: "r" }, subjects: [{ kind: "ServiceAccount", namespace: "n", name: "s" }] },
    ["a", "Role/r", "10s", "", "", "n/s"],
  ],
  [
    "batch/jobs",
    { spec: { parallelism: 3 }, status: { succeeded: 1 } },
    ["a", "Running", "1/1 of 3", "", "10s", "", "", "<none>"],
  ],
  [
    "autoscaling/horizontalpodautoscalers",
    {
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "d" },
        maxReplicas: 3,
        metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageUtilization: 50 } } }],
      },
    },
    ["a", "Deployment/d", "cpu: <unknown>/50%", "<unset>", 3, 0, "10s"],
  ],
  [
    "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
    { spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0 } } },
    ["a", "Exempt", "<none>", "<none>", "<none>", "<none>", "10s"],
  ],
];

for (const [place, object, cells] of rows) {
  test(`a row of ${place}`, () => {
    const [group = "", resource = ""] = place.split("/");
    deepEqual(table(group, resource, object).rows[0]?.cells, cells);
  });
}

const named = (name: string, more: object): KubeObject => ({
  apiVersion: "v1",
  kind: "K",
  metadata: { name },
  ...more,
});
const namesIn = (table: { readonly [field: string]: unknown }) =>
  (table as unknown as Table).rows.map(({ cells }) => cells[0]);

test("a list of FlowSchemas stands in the order in which they are asked", () => {
  const schemas = [
    ["c", 9],
    ["b", 1],
    ["a", 9],
  ] as const;
  const list = schemas.map(([name, matchingPrecedence]) => named(name, { spec: { matchingPrecedence } }));
  deepEqual(namesIn(tableOf("flowcontrol.apiserver.k8s.io", "flowschemas", list, now)), ["b", "a", "c"]);
});

test("of several default StorageClasses of a list the newest is told as such; of one alone nobody knows", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const classes = ["a", "b", "c"].map((name, i) =>
    named(name, { metadata: { name, creationTimestamp: `2026-01-0${(i % 2) + 1}T00:00:00Z`, annotations } }),
  );
  const shown = (of: readonly KubeObject[] | KubeObject) =>
    namesIn(tableOf("storage.k8s.io", "storageclasses", of, now));
  deepEqual(shown(classes), ["a", "b (default)", "c"]);
  deepEqual(shown(classes[1] as KubeObject), ["b"]);
});

test("of no objects there are rows, where somebody prints them", () => {
  deepEqual(tableOf("resource.k8s.io", "deviceclasses", [], now)["rows"], []);
  equal(tableOf("policy", "nothings", [], now)["rows"], null);
});

test("the Scale of a custom object says none where it has none", () => {
  const { columnDefinitions, rows } = table("autoscaling", "customscales", { spec: {}, status: { replicas: 1 } });
  deepEqual(rows[0]?.cells, ["a", null, 1, "10s"]);
  equal(columnDefinitions.at(-1)?.type, "date");
});

test("columns have types, and some show only when wide", () => {
  const { columnDefinitions } = table("apps", "replicasets", {});
  deepEqual(columnDefinitions[1], { name: "Desired", type: "integer", format: "", description: "", priority: 0 });
  equal(columnDefinitions.at(-1)?.priority, 1);
  equal(table("", "services", {}).columnDefinitions[4]?.name, "Port(s)");
});

test("selectors are told as kubectl tells them", () => {
  equal(
    selectorText({
      matchLabels: { b: "1" },
      matchExpressions: [
        { key: "a", operator: "In", values: ["y", "x"] },
        { key: "c", operator: "DoesNotExist" },
      ],
    }),
    "a in (x,y),b=1,!c",
  );
});
