#!/usr/bin/env bun
import { runProcess } from './cli/process.ts'

/** The process: the command that its arguments name, with its environment. */
void runProcess(process.argv.slice(2), process.env)
