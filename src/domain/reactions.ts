import type { MessageRecord } from './records.ts'

/**
 * Finds the reaction of the same kind. Emoji are compared in NFC and without U+FE0F, which only asks for the coloured form, and
 * which some clients send. The spelling that came first is stored and shown.
 */
export function findReaction(reactions: MessageRecord['reactions'], emoji: string) {
  return reactions.find(reaction => emojiKey(reaction.emoji) === emojiKey(emoji))
}

function emojiKey(emoji: string): string {
  return emoji.normalize('NFC').replaceAll('\u{fe0f}', '')
}
