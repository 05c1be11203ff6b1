import type { Scenario } from "./asked.fixture.ts";
import { labelScenarios } from "./decision-labels.fixture.ts";
import { decisionScenarios } from "./decision-scenarios.fixture.ts";
import { documentScenarios } from "./document-scenarios.fixture.ts";
import { filterScenarios } from "./filter-scenarios.fixture.ts";
import { serviceScenarios } from "./service-scenarios.fixture.ts";

export const scenarios: readonly Scenario[] = [
  ...documentScenarios,
  ...serviceScenarios,
  ...decisionScenarios,
  ...labelScenarios,
  ...filterScenarios,
];
