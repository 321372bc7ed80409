package sim

// mustHappen is what a simulation is worth nothing without: every answer, every
// branch of a conflict, every way that a reversal finds its money, every fault,
// every refusal of a command. What `make test` plays must hold each of them.
var mustHappen = map[string][]string{
	"answer": {
		"accepted", "cancelled/goods-missing", "cancelled/goods-returned", "cancelled/mistake",
		"contested/after-close", "contested/already-redeemed", "contested/before-activation",
		"contested/bundle-too-old", "contested/contract", "contested/factor-missing", "contested/handheld-revoked",
		"contested/held", "contested/not-home", "contested/void", "payable", "payable/activation-missed",
		"payable/already-redeemed", "payable/loss-accepted", "quarantined/chain-broken", "rejected/already-redeemed",
		"rejected/amount", "rejected/expired", "rejected/factor-wrong", "rejected/handheld-purpose",
		"rejected/handheld-revoked", "rejected/held", "rejected/not-cancellable", "rejected/not-yet-valid",
		"rejected/record-invalid", "rejected/unknown-serial", "rejected/void", "rejected/zone", "waiting/gap",
		"waiting/not-activated",
	},
	"bank": {
		"error", "success",
	},
	"cancellation": {
		"of a payable sale", "of a waiting sale", "on another day",
	},
	"card": {
		"held for wrong PINs",
	},
	"channel": {
		"file", "https",
	},
	"collusion": {
		"activation by a shop", "another's receipt", "back-dated", "bundle of the future", "cancellation",
		"card reserved on line", "factor sealed for another handheld", "gap", "garbage", "guessed PIN",
		"guessed secret", "invented beacon", "invented serial", "made-up receipt", "more than the card",
		"older bundle and beacon", "rewritten history", "shared card",
	},
	"conflict": {
		"home wins, the first is undone", "home wins, the payment stands", "the first keeps it",
		"the home was first", "the vendor is paid already",
	},
	"done": {
		"accept claim", "agree bind", "agree reissue", "agree stub", "approve settlement", "bank results", "bundle",
		"expire", "hold", "prepare claim", "prepare settlement", "propose bind", "propose reissue", "propose stub",
		"refuse claim", "refuse settlement", "release", "replace", "reservation", "revoke", "suspend", "void",
	},
	"end": {
		"a handheld knows all its answers", "a payable receipt is payable/loss-accepted since",
	},
	"entry": {
		"accept-loss", "claim", "confirm", "decision", "expire", "redeem", "reissue", "return", "reverse", "settle",
		"void",
	},
	"file": {
		"answers brought back", "brought to the server",
	},
	"fork": {
		"found in a handheld that was active",
	},
	"handheld": {
		"rolled back",
		"cloned", "its clock jumps", "switched off and on",
	},
	"key": {
		"repeated", "reused for other content",
	},
	"loss": {
		"accepted for after-close", "accepted for already-redeemed", "accepted for void", "over the cap",
	},
	"network": {
		"answer lost", "bundle lost", "late upload", "upload delayed", "upload lost", "upload repeated",
		"upload split and reordered",
	},
	"refused": {
		"accept claim claim_state", "accept claim nothing_to_claim", "agree bind proposal_over",
		"agree bind same_person", "agree reissue proposal_over", "agree reissue same_person",
		"agree reissue voucher_life", "agree stub proposal_over", "agree stub same_person",
		"approve settlement settlement_changed", "approve settlement settlement_state", "bundle handheld_nonce",
		"bundle handheld_proof", "expire grace_running", "hold voucher_life", "prepare claim nothing_to_claim",
		"prepare settlement nothing_to_pay", "propose bind no_spare_left", "propose reissue voucher_life",
		"propose stub factor_wrong", "propose stub voucher_life", "release voucher_life",
		"reservation handheld_nonce", "reservation handheld_proof", "reservation voucher_life", "void voucher_life",
	},
	"request": {
		"over an old nonce",
	},
	"resent": {
		"accepted", "cancelled", "contested", "payable", "quarantined", "rejected", "waiting",
	},
	"reservation": {
		"made",
	},
	"reversal": {
		"from claimed", "from proposed", "from redeemed", "too late, ordered", "too late, settled",
	},
	"round": {
		"closed",
	},
	"sale": {
		"offline", "online",
	},
	"server": {
		"crashed", "restarted",
	},
	"stub": {
		"payable", "waiting/not-activated",
	},
	"waiting": {
		"its activation came", "its card had ended", "paid without an activation",
	},
}
