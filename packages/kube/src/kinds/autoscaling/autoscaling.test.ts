import { testRefusals } from "../refusals.fixture.ts";

const target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, maxReplicas: 3";
const spec = (rest: string) => `spec: {${target}, ${rest}}`;
const at = "spec.metrics[0]";

testRefusals("autoscaling/v2", {
  HorizontalPodAutoscaler: [
    [
      `spec: {${target}}`,
      spec("minReplicas: 4"),
      "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
    ],
    [
      `spec: {${target}}`,
      "spec: {maxReplicas: 1}",
      "spec.scaleTargetRef.kind: Required value",
      "spec.scaleTargetRef.name: Required value",
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ],
    [
      `spec: {${target}}`,
      spec("metrics: [{type: Pods}]"),
      `${at}.pods: Required value: must populate information for the given metric source`,
    ],
    [
      `spec: {${target}}`,
      spec("metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]"),
      `${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
    ],
    [
      `spec: {${target}}`,
      spec("behavior: {scaleUp: {selectPolicy: X}}"),
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "X": supported values: "Disabled", "Max", "Min"',
    ],
  ],
});
