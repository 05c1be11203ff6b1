import { type Refusal, testRefusals } from "../refusals.fixture.ts";

const schema = "spec: {priorityLevelConfiguration: {name: a}}";
const rules = (text: string) => `spec: {priorityLevelConfiguration: {name: a}, rules: [${text}]}`;
const resources = "resourceRules: [{verbs: [get], apiGroups: [''], resources: [pods], namespaces: [d]}]";
const urls = (text: string) =>
  rules(`{subjects: [{kind: User, user: {name: a}}], nonResourceRules: [{verbs: [get], nonResourceURLs: [${text}]}]}`);
const subject = (text: string) => rules(`{subjects: [${text}], ${resources}}`);
const at = "spec.rules[0]";

const level = "spec: {type: Limited, limited: {limitResponse: {type: Reject}}}";
const limited = (text: string) => `spec: {type: Limited, limited: {${text}}}`;
const queuing = (text: string, ...refused: string[]): Refusal => [
  level,
  limited(`limitResponse: {type: Queue, queuing: {${text}}}`),
  ...refused.map((each) => `spec.limited.limitResponse.queuing.${each}`),
];

testRefusals("flowcontrol.apiserver.k8s.io/v1", {
  FlowSchema: [
    [schema, rules(`{subjects: [{kind: Group, group: {name: a}}], ${resources}}`)],
    [schema, "spec: {}", "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
    [
      schema,
      "spec: {priorityLevelConfiguration: {name: a}, matchingPrecedence: 1, distinguisherMethod: {type: Odd}}",
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"Odd"}: supported values: "ByNamespace", "ByUser"',
    ],
    [
      schema,
      rules("{}"),
      `${at}.subjects: Required value: subjects must contain at least one value`,
      `${at}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
    ],
    [
      schema,
      subject("{kind: User, group: {name: a}}"),
      `${at}.subjects[0].user: Required value: user is required when subject kind is 'User'`,
      `${at}.subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
    ],
    [
      schema,
      subject("{kind: ServiceAccount, serviceAccount: {name: '*'}}"),
      `${at}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`,
    ],
    [
      schema,
      urls("'', a, /a b, /a//b, /a*, /a/*, '/*/b'"),
      ...[
        "must not be empty",
        "must start with slash",
        "must not contain white-space",
        "must not contain double slash",
      ].map(
        (why, i) =>
          `${at}.nonResourceRules[0].nonResourceURLs[${i}]: Invalid value: "${["", "a", "/a b", "/a//b"][i]}": ${why}`,
      ),
      `${at}.nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/a*": wildcard can only do suffix matching`,
      `${at}.nonResourceRules[0].nonResourceURLs[6]: Invalid value: "/*/b": wildcard can only do suffix matching`,
    ],
  ],
  PriorityLevelConfiguration: [
    [level, "spec: {}", "spec.type: Required value"],
    [
      level,
      "spec: {type: Exempt}",
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
    ],
    [level, "spec: {type: Limited}", "spec.limited: Required value"],
    [
      level,
      "spec: {exempt: {}, limited: {}}",
      "spec.exempt: Forbidden",
      "spec.limited: Forbidden",
      "spec.type: Required value",
      "spec.limited.limitResponse.type: Required value",
    ],
    [
      level,
      "spec: {type: Limited, exempt: {}, limited: {nominalConcurrencyShares: -1, lendablePercent: 101, limitResponse: {type: Odd}}}",
      "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
      'spec.limited.limitResponse.type: Unsupported value: "Odd": supported values: "Queue", "Reject"',
      "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      "spec.exempt: Forbidden",
    ],
    queuing(""),
    queuing(
      "queues: -1, queueLengthLimit: -1",
      "queueLengthLimit: Invalid value: -1: must be positive",
      "queues: Invalid value: -1: must be positive",
      "handSize: Invalid value: 8: should not be greater than queues (-1)",
    ),
    queuing(
      "queues: 10000000, handSize: 20",
      "handSize: Invalid value: 20: required entropy bits of deckSize 10000000 and handSize 20 should not be greater than 60",
    ),
  ],
});
