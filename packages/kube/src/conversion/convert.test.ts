import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import { convertBuiltin } from "./convert.ts";

type Fields = { readonly [field: string]: unknown };

const scaleTargetRef = { kind: "Deployment", name: "d", apiVersion: "apps/v1" };
const autoscaler = (version: string, spec: Fields, status: Fields, annotations?: Fields): KubeObject =>
  ({
    kind: "HorizontalPodAutoscaler",
    apiVersion: `autoscaling/${version}`,
    metadata: { name: "h", resourceVersion: "7", ...(annotations === undefined ? {} : { annotations }) },
    spec: { scaleTargetRef, maxReplicas: 3, ...spec },
    status,
  }) as unknown as KubeObject;

const selector = { matchLabels: { a: "b" } };
const service = { kind: "Service", name: "s", apiVersion: "v1" };
const average = (value: string) => ({ type: "AverageValue", averageValue: value });

/** A metric of v2 and the same in v1's annotation, as kube-apiserver writes it. */
const metrics: readonly (readonly [v2: Fields, v1: string])[] = [
  [
    { type: "Resource", resource: { name: "memory", target: average("1Gi") } },
    '{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}',
  ],
  [
    { type: "Pods", pods: { metric: { name: "q", selector }, target: average("10") } },
    '{"type":"Pods","pods":{"metricName":"q","targetAverageValue":"10","selector":{"matchLabels":{"a":"b"}}}}',
  ],
  [
    {
      type: "Object",
      object: { describedObject: service, target: { type: "Value", value: "5k" }, metric: { name: "r" } },
    },
    '{"type":"Object","object":{"target":{"kind":"Service","name":"s","apiVersion":"v1"},"metricName":"r","targetValue":"5k"}}',
  ],
  [
    { type: "Object", object: { describedObject: service, target: average("5k"), metric: { name: "r" } } },
    '{"type":"Object","object":{"target":{"kind":"Service","name":"s","apiVersion":"v1"},"metricName":"r","targetValue":"0","averageValue":"5k"}}',
  ],
  [
    { type: "External", external: { metric: { name: "e", selector }, target: average("7") } },
    '{"type":"External","external":{"metricName":"e","metricSelector":{"matchLabels":{"a":"b"}},"targetAverageValue":"7"}}',
  ],
  [
    {
      type: "ContainerResource",
      containerResource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 }, container: "c" },
    },
    '{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":60,"container":"c"}}',
  ],
];

test("metrics that autoscaling/v1 has no fields for lie in its annotation", () => {
  for (const [v2, v1] of metrics) {
    const [newer, older] = [
      autoscaler("v2", { metrics: [v2] }, { desiredReplicas: 0, currentMetrics: null }),
      autoscaler(
        "v1",
        {},
        { currentReplicas: 0, desiredReplicas: 0 },
        {
          "autoscaling.alpha.kubernetes.io/metrics": `[${v1}]`,
        },
      ),
    ];
    assert.deepEqual(convertBuiltin(newer, "autoscaling/v1"), older);
    assert.deepEqual(convertBuiltin(older, "autoscaling/v2"), newer);
  }
});

test("the use of processors has a field, behavior and status have annotations", () => {
  const use = (target: Fields) => ({ type: "Resource", resource: { name: "cpu", ...target } });
  const current = { current: { averageValue: "3m", averageUtilization: 11 } };
  const conditions = [{ type: "AbleToScale", status: "True", lastTransitionTime: null }];
  const scaleUp = {
    stabilizationWindowSeconds: 5,
    selectPolicy: "Min",
    policies: [{ type: "Pods", value: 4, periodSeconds: 60 }],
  };
  const newer = autoscaler(
    "v2",
    { metrics: [use({ target: { type: "Utilization", averageUtilization: 50 } })], behavior: { scaleUp } },
    { currentReplicas: 2, desiredReplicas: 3, currentMetrics: [use(current)], conditions },
  );
  const prefix = "autoscaling.alpha.kubernetes.io";
  const older = autoscaler(
    "v1",
    { targetCPUUtilizationPercentage: 50 },
    { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 11 },
    {
      [`${prefix}/current-metrics`]:
        '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":11,"currentAverageValue":"3m"}}]',
      [`${prefix}/behavior`]:
        '{"ScaleUp":{"StabilizationWindowSeconds":5,"SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":60}],"Tolerance":null},"ScaleDown":null}',
      [`${prefix}/conditions`]: JSON.stringify(conditions),
    },
  );
  assert.deepEqual(convertBuiltin(newer, "autoscaling/v1"), older);
  assert.deepEqual(convertBuiltin(older, "autoscaling/v2"), newer);
});

test("annotations that cannot be read are dropped", () => {
  const annotations = { "autoscaling.alpha.kubernetes.io/metrics": "nonsense", mine: "kept" };
  const { metadata } = convertBuiltin(autoscaler("v1", {}, {}, annotations), "autoscaling/v2");
  assert.deepEqual(metadata.annotations, { mine: "kept" });
});
