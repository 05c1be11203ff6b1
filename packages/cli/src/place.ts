/** The folder of this package, from its sources and from the built program alike: both lie one folder below it. */
export const packageFolder = new URL("..", import.meta.url);
