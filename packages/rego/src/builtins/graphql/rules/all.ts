import type { Rule } from "../walk.ts";
import { knownArgumentNames, providedRequiredArguments, uniqueArgumentNames } from "./arguments.ts";
import { knownDirectives, uniqueDirectivesPerLocation } from "./directives.ts";
import { fieldsOnCorrectType, scalarLeafs } from "./fields.ts";
import {
  fragmentsOnCompositeTypes,
  knownFragmentNames,
  noFragmentCycles,
  noUnusedFragments,
  possibleFragmentSpreads,
  uniqueFragmentNames,
} from "./fragments.ts";
import { maxIntrospectionDepth } from "./introspection.ts";
import { knownRootType, loneAnonymousOperation, singleFieldSubscriptions, uniqueOperationNames } from "./operations.ts";
import { overlappingFieldsCanBeMerged } from "./overlapping-fields.ts";
import { knownTypeNames } from "./types.ts";
import { uniqueInputFieldNames, valuesOfCorrectType } from "./values.ts";
import {
  noUndefinedVariables,
  noUnusedVariables,
  uniqueVariableNames,
  variablesAreInputTypes,
  variablesInAllowedPosition,
} from "./variables.ts";

/** All rules of gqlparser, by their names: of one node, faults are reported in this order. */
export const allRules: readonly Rule[] = Object.freeze([
  fieldsOnCorrectType,
  fragmentsOnCompositeTypes,
  knownArgumentNames,
  knownDirectives,
  knownFragmentNames,
  knownRootType,
  knownTypeNames,
  loneAnonymousOperation,
  maxIntrospectionDepth,
  noFragmentCycles,
  noUndefinedVariables,
  noUnusedFragments,
  noUnusedVariables,
  overlappingFieldsCanBeMerged,
  possibleFragmentSpreads,
  providedRequiredArguments,
  scalarLeafs,
  singleFieldSubscriptions,
  uniqueArgumentNames,
  uniqueDirectivesPerLocation,
  uniqueFragmentNames,
  uniqueInputFieldNames,
  uniqueOperationNames,
  uniqueVariableNames,
  valuesOfCorrectType,
  variablesAreInputTypes,
  variablesInAllowedPosition,
]);
