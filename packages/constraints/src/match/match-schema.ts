const texts = { type: "array", items: { type: "string" } };

/** Names that may begin and end with `*`. */
const wildcard = { type: "string", pattern: "^\\*?[-:a-z0-9]*\\*?$" };

const labelSelector = {
  type: "object",
  "x-kubernetes-map-type": "atomic",
  properties: {
    matchExpressions: {
      type: "array",
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: {
          key: { type: "string" },
          operator: { type: "string" },
          values: { ...texts, "x-kubernetes-list-type": "atomic" },
        },
      },
    },
    matchLabels: { type: "object", additionalProperties: { type: "string" } },
  },
};

/** OpenAPI of `spec.match`. Gatekeeper 3.23 */
export const matchSchema = {
  type: "object",
  properties: {
    excludedNamespaces: { type: "array", items: wildcard },
    kinds: { type: "array", items: { type: "object", properties: { apiGroups: texts, kinds: texts } } },
    labelSelector,
    name: wildcard,
    namespaceSelector: labelSelector,
    namespaces: { type: "array", items: wildcard },
    scope: { type: "string" },
    source: { type: "string", enum: ["All", "Generated", "Original"] },
  },
};
