// Compiles one program under each of several settings, and prints what the compiler says. Libraries are parsed once.
import { createRequire } from 'node:module'

const [, , compiler, program, ...settings] = process.argv
const ts = createRequire(import.meta.url)(compiler)
const libraries = new Map()
let complaints = ''
for (const text of settings) {
  const { options, errors } = ts.convertCompilerOptionsFromJson(JSON.parse(text), process.cwd())
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile
  host.getSourceFile = (name, ...more) => {
    if (!/\/lib\.[^/]*\.d\.ts$/.test(name)) return read(name, ...more)
    if (!libraries.has(name)) libraries.set(name, read(name, ...more))
    return libraries.get(name)
  }
  const found = ts.getPreEmitDiagnostics(ts.createProgram([program], options, host))
  complaints += ts.formatDiagnostics([...errors, ...found], host)
}
process.stdout.write(complaints)
