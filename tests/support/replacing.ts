/** The same object with some of its methods replaced; works for classes with private fields too. */
export function replacing<T extends object>(target: T, replacements: Partial<T>): T {
  return new Proxy(target, {
    get(from, key) {
      const found: unknown = Reflect.get(Object.hasOwn(replacements, key) ? replacements : from, key)
      return typeof found === 'function' ? found.bind(from) : found
    },
  })
}
