import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { messages } from './messages.ts'

export const search: Handlers<Contract['search']> = { messages }
