import type { Contract } from '../../../contracts/index.ts'
import type { Handlers } from '../../context.ts'
import { can, canSetRoles } from '../../domain/access.ts'
import { mayAdd } from '../../domain/blocking.ts'
import { toMember } from '../../domain/log/wire.ts'
import { pageFor, toList } from '../../domain/paging.ts'
import { hasOtherOwner } from '../../domain/roles.ts'
import { createGroup } from '../conversations/create.ts'
import { withMembers } from '../conversations/listing.ts'
import { remove } from '../conversations/remove.ts'
import { change } from '../conversations/update.ts'
import { toConversation, toConversations } from '../conversations/view.ts'
import { join } from './join.ts'
import { leaveDrafts } from './leave-drafts.ts'
import { findGroup, loadGroup, loadPeople } from './load.ts'

export const groups: Handlers<Contract['groups']> = {
  async create(context, { member_ids, ...settings }) {
    return createGroup(context, settings, member_ids, 'member_ids')
  },

  async list({ caller, storage }, input) {
    const { q, limit } = input
    const [found, memberships] = await Promise.all([
      storage.conversations.listPublic(q === undefined ? {} : { q }, pageFor(input)),
      storage.members.ofUser(caller.id),
    ])
    const shown = await toConversations(storage, caller.user, withMembers(found, memberships))
    return toList(shown, limit, ({ id }) => id)
  },

  async get(context, { conversation_id }) {
    const access = await findGroup(context, conversation_id)
    return toConversation(context.storage, context.caller.user, access)
  },

  async update(context, input) {
    return change(context, await loadGroup(context, input.conversation_id), input)
  },

  async delete(context, input) {
    return remove(context, input, 'group')
  },

  async join(context, { conversation_id }) {
    const { caller, storage, fail } = context
    const access = await findGroup(context, conversation_id)
    if (access.member) return toConversation(storage, caller.user, access)
    // An ADMIN sees private groups too.
    if (access.conversation.visibility !== 'public') return fail('forbidden')
    return join(context, access.conversation, 'public')
  },

  async 'add-members'(context, { conversation_id, user_ids, role }) {
    const { caller, storage, commit, fail } = context
    const { conversation, member } = await loadPeople(context, conversation_id)
    if (!can(caller.user, 'groups.add-members', member, conversation)) return fail('forbidden')
    if (role !== 'member' && !canSetRoles(caller.user, member)) return fail('forbidden')
    if (conversation.disabled) return fail('conversation_disabled')
    const wanted = [...new Set(user_ids)]
    const [users, present, relations] = await Promise.all([
      storage.users.findMany(wanted),
      storage.members.findMany(conversation_id, wanted),
      storage.contacts.relations(caller.id, wanted),
    ])
    const already = new Set(present.map(member => member.user_id))
    const addable = users.filter(user => mayAdd(user, relations.get(user.id)))
    const reachable = new Set(addable.map(user => user.id))
    const added = wanted.filter(user_id => reachable.has(user_id) && !already.has(user_id))
    if (added.length > 0) {
      const members = added.map(user_id => ({ user_id, role }))
      await commit({ conversation }, { event: 'member.added', actor_id: caller.id, members })
    }
    return {
      added,
      already_members: wanted.filter(user_id => already.has(user_id)),
      skipped: wanted.filter(user_id => !already.has(user_id) && !reachable.has(user_id)),
    }
  },

  async 'update-member'(context, { conversation_id, user_id, role }) {
    const { caller, storage, commit, fail } = context
    const { conversation, member } = await loadPeople(context, conversation_id)
    const target = await storage.members.find(conversation_id, user_id)
    if (!target) return fail('not_found')
    if (!can(caller.user, 'groups.update-member', member, conversation)) return fail('forbidden')
    if (conversation.disabled) return fail('conversation_disabled')
    const demoted = target.role === 'owner' && role !== 'owner'
    if (demoted && !hasOtherOwner(await storage.members.leaders(conversation_id), user_id)) return fail('last_owner')
    await commit({ conversation }, { event: 'member.updated', user_id, role })
    return { ...toMember(target), role }
  },

  async 'remove-member'(context, { conversation_id, user_id }) {
    const { caller, storage, commit, fail } = context
    const { conversation, member } = await loadPeople(context, conversation_id)
    const self = user_id === caller.id
    const target = self ? member : await storage.members.find(conversation_id, user_id)
    const removes = can(caller.user, 'groups.remove-member', member, conversation)
    // Repeating a removal is 204 for those who may remove members, 404 for others.
    if (!target) return removes && (await storage.users.find(user_id)) ? null : fail('not_found')
    if (!self && !removes) return fail('forbidden')
    if (!self && target.role === 'owner' && !canSetRoles(caller.user, member)) return fail('forbidden')
    if (conversation.disabled) return fail('conversation_disabled')
    await commit({ conversation }, ...(await leaveDrafts(storage, target, caller.id)))
    return null
  },
}
