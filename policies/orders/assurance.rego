package orders

# How well the identity must be proved, by the sensitivity of the resource. Every class states a level; the other
# attributes are tested where the class states them.
required := data.orders.classes[resource.class]

# What is enough has a rule of its own, and the refusals below negate the rule. Negating the comparison in place,
# `not level >= required.level`, would be undefined for an absent level: no refusal, and the gate would stand open.
enough_level if input.subject.assurance.level >= required.level

enough_possession if input.subject.assurance.possession in required.possession

fresh_enough if input.subject.assurance.age_s <= required.max_age_s

assurance_refusals contains {
	"code": "assurance_too_low",
	"message": $"{resource.class} resources need assurance level {required.level}",
} if {
	not enough_level
}

# Possession means the caller proved that it holds a key. A bearer token proves only that it once received the token.
assurance_refusals contains {
	"code": "possession_required",
	"message": $"{resource.class} resources need one of these proofs of a key: {required.possession}",
} if {
	required.possession
	not enough_possession
}

assurance_refusals contains {
	"code": "not_attested",
	"message": $"{resource.class} resources need an identity that its platform vouches for",
} if {
	required.attested
	not input.subject.assurance.attested
}

assurance_refusals contains {
	"code": "credential_too_old",
	"message": $"{resource.class} resources need a credential issued in the last {required.max_age_s} seconds",
} if {
	required.max_age_s
	not fresh_enough
}
