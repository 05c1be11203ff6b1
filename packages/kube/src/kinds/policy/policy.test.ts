import { testRefusals } from "../refusals.fixture.ts";

testRefusals("policy/v1", {
  PodDisruptionBudget: [
    [
      "spec: {}",
      "spec: {minAvailable: 1, maxUnavailable: 1}",
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      "spec: {}",
      "spec: {minAvailable: 101%}",
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      "spec: {}",
      "spec: {unhealthyPodEvictionPolicy: X}",
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ],
});
