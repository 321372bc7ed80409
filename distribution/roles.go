package distribution

import "github.com/jate-cva/jate/access"

// Method names a method of Service in the table of roles, in metrics and in
// the content that an idempotency key stands for.
type Method string

// The methods.
const (
	MethodCreateProgramme  Method = "create_programme"
	MethodProgramme        Method = "programme"
	MethodCreateFund       Method = "create_fund"
	MethodReceiveFund      Method = "receive_fund"
	MethodFunds            Method = "funds"
	MethodPrepareGiveBack  Method = "prepare_give_back"
	MethodApproveGiveBack  Method = "approve_give_back"
	MethodNameReader       Method = "name_reader"
	MethodImportList       Method = "import_list"
	MethodAbandonImport    Method = "abandon_import"
	MethodImports          Method = "imports"
	MethodDuplicates       Method = "duplicates"
	MethodDecideDuplicate  Method = "decide_duplicate"
	MethodLoadPlaces       Method = "load_places"
	MethodImportPresence   Method = "import_presence"
	MethodPresenceLists    Method = "presence_lists"
	MethodWithdrawPresence Method = "withdraw_presence"
	MethodImportCalendar   Method = "import_calendar"
	MethodCalendar         Method = "calendar"
	MethodImportPrices     Method = "import_prices"
	MethodMarketPrices     Method = "market_prices"
	MethodSetPoint         Method = "set_point"
	MethodPoints           Method = "points"
	MethodSuggestPoints    Method = "suggest_points"
	MethodHouseholds       Method = "households"
	MethodHousehold        Method = "household"
	MethodFindHouseholds   Method = "find_households"
	MethodForget           Method = "forget"
	MethodPrepareExport    Method = "prepare_export"
	MethodApproveExport    Method = "approve_export"
	MethodExports          Method = "exports"
	MethodTakeExport       Method = "take_export"
	MethodTraceExport      Method = "trace_export"
	MethodCreateRound      Method = "create_round"
	MethodNamePerson       Method = "name_person"
	MethodRounds           Method = "rounds"
	MethodAllocate         Method = "allocate"
	MethodPrepareLot       Method = "prepare_lot"
	MethodApproveLot       Method = "approve_lot"
	MethodIssueLot         Method = "issue_lot"
	MethodLots             Method = "lots"
	MethodLot              Method = "lot"
	MethodInclude          Method = "include"
	MethodPrintCards       Method = "print_cards"
	MethodPrintHandOver    Method = "print_hand_over"
	MethodPrintPackingList Method = "print_packing_list"
	MethodEndSales         Method = "end_sales"
	MethodCloseRound       Method = "close_round"
	MethodPrepareReturn    Method = "prepare_return"
	MethodApproveReturn    Method = "approve_return"
	MethodSummary          Method = "round_summary"
	MethodProfile          Method = "round_profile"
)

var (
	// planners prepare; package access keeps a registrar from approving what
	// he registered, and Distinct everybody from what he prepared.
	planners  = []access.Role{access.RoleIssuer, access.RoleRegistrar}
	approvers = []access.Role{access.RoleListApprover, access.RoleFinanceApprover}
	issuers   = []access.Role{access.RoleIssuer}
	prepare   = []access.Role{access.RoleFinancePreparer}
	approve   = []access.Role{access.RoleFinanceApprover}
	finance   = []access.Role{access.RoleFinancePreparer, access.RoleFinanceApprover}
	registrar = []access.Role{access.RoleRegistrar}
	dpo       = []access.Role{access.RoleDPO}
	// personal are the roles for which persons are decrypted, who sees most first
	// (Views).
	personal = []access.Role{access.RoleRegistrar, access.RoleDPO, access.RoleListApprover}
	lists    = []access.Role{access.RoleRegistrar, access.RoleListApprover, access.RoleDPO, access.RoleIssuer,
		access.RoleMonitor, access.RoleAuditor}
	books = []access.Role{access.RoleIssuer, access.RoleListApprover, access.RoleFinancePreparer,
		access.RoleFinanceApprover, access.RoleMonitor, access.RoleAuditor}
	// everybody is whoever works on the programme: not a donor's person, who
	// reads what was published.
	everybody = []access.Role{access.RoleRegistrar, access.RoleListApprover, access.RoleIssuer,
		access.RoleDistributionOfficer, access.RoleVendorManager, access.RoleHandheldManager,
		access.RoleFinancePreparer, access.RoleFinanceApprover, access.RoleMonitor, access.RoleMEALOfficer,
		access.RoleSafeguarding, access.RoleDPO, access.RoleAuditor, access.RoleAdministrator}
	// open are the roles that may be named, and name others, before a round's hour.
	open = []access.Role{access.RoleIssuer, access.RoleRegistrar, access.RoleListApprover,
		access.RoleFinancePreparer, access.RoleFinanceApprover}
)

// Roles says, for each method, who may call it: a caller holds at least one of
// the roles, and the first of them that he holds stands in the journal.
var Roles = map[Method][]access.Role{
	MethodCreateProgramme:  {access.RoleAdministrator},
	MethodProgramme:        everybody,
	MethodCreateFund:       finance,
	MethodReceiveFund:      finance,
	MethodFunds:            books,
	MethodPrepareGiveBack:  prepare,
	MethodApproveGiveBack:  approve,
	MethodNameReader:       approve,
	MethodImportList:       registrar,
	MethodAbandonImport:    {access.RoleListApprover},
	MethodImports:          lists,
	MethodDuplicates:       lists,
	MethodDecideDuplicate:  {access.RoleListApprover, access.RoleRegistrar},
	MethodLoadPlaces:       planners,
	MethodImportPresence:   planners,
	MethodPresenceLists:    append([]access.Role{access.RoleRegistrar}, books...),
	MethodWithdrawPresence: planners,
	MethodImportCalendar:   planners,
	MethodCalendar:         append([]access.Role{access.RoleRegistrar}, books...),
	MethodImportPrices:     {access.RoleMEALOfficer, access.RoleFinancePreparer}, // not who agrees on price lists with traders
	MethodMarketPrices:     everybody,
	MethodSetPoint:         planners,
	MethodPoints:           everybody,
	MethodSuggestPoints:    registrar,
	MethodHouseholds:       personal,
	MethodHousehold:        personal,
	MethodFindHouseholds:   personal,
	MethodForget:           dpo,
	MethodPrepareExport:    registrar,
	MethodApproveExport:    dpo,
	MethodExports:          {access.RoleRegistrar, access.RoleDPO, access.RoleMonitor, access.RoleAuditor},
	MethodTakeExport:       {access.RoleRegistrar, access.RoleDPO},
	MethodTraceExport:      dpo,
	MethodCreateRound:      planners,
	MethodNamePerson:       open,
	MethodRounds:           everybody,
	MethodAllocate:         finance,
	MethodPrepareLot:       planners,
	MethodApproveLot:       approvers,
	MethodIssueLot:         issuers,
	MethodLots:             everybody,
	MethodLot:              everybody,
	MethodInclude:          {access.RoleIssuer, access.RoleDistributionOfficer},
	MethodPrintCards:       issuers,
	MethodPrintHandOver:    {access.RoleDistributionOfficer, access.RoleListApprover, access.RoleRegistrar, access.RoleIssuer},
	MethodPrintPackingList: {access.RoleDistributionOfficer, access.RoleIssuer},
	MethodEndSales:         {access.RoleIssuer, access.RoleFinancePreparer},
	MethodCloseRound:       {access.RoleIssuer, access.RoleFinancePreparer},
	MethodPrepareReturn:    prepare,
	MethodApproveReturn:    approve,
	MethodSummary:          books,
	MethodProfile:          append(books[:len(books):len(books)], access.RoleDonor), // package reconcile/report looks whose fund it is
}
