import type { Rule } from "../walk.ts";

export const knownDirectives: Rule = ({ report }) => {
  const reported = new Set<string>();
  return {
    directive({ Name, Position, Definition, Location }) {
      if (Definition === undefined) report(`Unknown directive "@${Name}".`, Position);
      else if (!Definition.Locations.includes(Location)) {
        // A fragment is walked wherever it is spread.
        const place = `${Name}:${Position?.line}:${Position?.column}`;
        if (!reported.has(place)) report(`Directive "@${Name}" may not be used on ${Location}.`, Position);
        reported.add(place);
      }
    },
  };
};

export const uniqueDirectivesPerLocation: Rule = ({ report }) => ({
  directives(directives) {
    const seen = new Set<string>();
    for (const { Name, Position, Definition } of directives) {
      if (seen.has(Name) && Definition?.IsRepeatable !== true)
        report(`The directive "@${Name}" can only be used once at this location.`, Position);
      seen.add(Name);
    }
  },
});
