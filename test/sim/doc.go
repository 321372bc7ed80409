// Package sim plays whole rounds against the real services on the real store
// and checks every answer against a model of the rules.
//
// # The simulation
//
// One seed makes one round: 50 handhelds with clocks of their own, a network
// that loses, repeats and reorders, files carried by hand, cloned and rolled
// back handhelds, traders in collusion, staff who void, hold and reissue,
// claims and payments, a server that is stopped and that crashes, and the
// round's close. The same seed always makes the same round, to the root of the
// log: one goroutine drives everything, and the process draws its randomness,
// the cryptographic too, from the seed.
//
// The model is written from the design (what a receipt is worth, who wins a
// conflict, who bears a loss), in few words and without a look at how the
// service does it. It predicts each answer before the service is asked. After
// every step:
//
//  1. every new leaf follows the one before, balances, and leaves no account
//     below zero; root and balances recomputed from the leaves are the store's;
//  2. every balance is the model's: who is paid, from what, to the franc;
//  3. of each round, allocated = held + spent;
//  4. repeated commands and records are answered as before;
//  5. every entry that pays names a receipt that no other entry names.
//
// Every hundredth step, and at the end, ledger.Verify reads everything.
//
// # Linearisability
//
// Many goroutines redeem, void, hold, release, reserve and reissue the same
// vouchers at once, some giving up before the answer; porcupine finds an order
// of what happened in which a voucher behaves as one does, or fails.
package sim
