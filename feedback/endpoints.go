package feedback

import (
	"context"

	"github.com/go-kit/kit/endpoint"

	"github.com/jate-cva/jate/access"
	"github.com/jate-cva/jate/distribution"
	"github.com/jate-cva/jate/internal/httpkit"
)

// Endpoints are the service's methods behind their middleware.
type Endpoints struct {
	RecordComplaint httpkit.Endpoint[RecordComplaint, Recorded]
	ReportHeld      httpkit.Endpoint[ReportHeld, HeldReport]
	PrintSlips      httpkit.Endpoint[PrintSlips, Slips]
	ComplaintSlip   httpkit.Endpoint[ComplaintSlip, []byte]
	AssignComplaint httpkit.Endpoint[AssignComplaint, Complaint]
	AnswerComplaint httpkit.Endpoint[AnswerComplaint, Complaint]
	CloseComplaint  httpkit.Endpoint[CloseComplaint, Complaint]
	EraseComplaint  httpkit.Endpoint[EraseComplaint, struct{}]
	Complaint       httpkit.Endpoint[ReadComplaint, ComplaintView]
	Complaints      httpkit.Endpoint[ListComplaints, ComplaintPage]
	Ask             httpkit.Endpoint[Ask, Progress]
	CommitSample    httpkit.Endpoint[CommitSample, Sample]
	FreezeSample    httpkit.Endpoint[FreezeSample, Sample]
	DrawSample      httpkit.Endpoint[DrawSample, Sample]
	Samples         httpkit.Endpoint[distribution.Query, []Sample]
	Frame           httpkit.Endpoint[SampleByID, []byte]
	CallList        httpkit.Endpoint[SampleByID, CallList]
	ImportAnswers   httpkit.Endpoint[ImportAnswers, AnswersReport]
	Results         httpkit.Endpoint[SampleByID, Results]
}

// NewEndpoints puts each method behind mw, then behind the roles that Roles
// lists for it. Ask needs none.
func NewEndpoints(s Service, mw func(method string) endpoint.Middleware) Endpoints {
	return Endpoints{
		RecordComplaint: guarded(MethodRecordComplaint, s.RecordComplaint, mw),
		ReportHeld:      guarded(MethodReportHeld, s.ReportHeld, mw),
		PrintSlips:      guarded(MethodPrintSlips, s.PrintSlips, mw),
		ComplaintSlip:   guarded(MethodComplaintSlip, s.ComplaintSlip, mw),
		AssignComplaint: guarded(MethodAssignComplaint, s.AssignComplaint, mw),
		AnswerComplaint: guarded(MethodAnswerComplaint, s.AnswerComplaint, mw),
		CloseComplaint:  guarded(MethodCloseComplaint, s.CloseComplaint, mw),
		EraseComplaint:  guarded(MethodEraseComplaint, s.EraseComplaint, mw),
		Complaint:       guarded(MethodComplaint, s.Complaint, mw),
		Complaints:      guarded(MethodComplaints, s.Complaints, mw),
		Ask:             httpkit.Wrap(s.Ask, mw(string(MethodAsk))),
		CommitSample:    guarded(MethodCommitSample, s.CommitSample, mw),
		FreezeSample:    guarded(MethodFreezeSample, s.FreezeSample, mw),
		DrawSample:      guarded(MethodDrawSample, s.DrawSample, mw),
		Samples:         guarded(MethodSamples, s.Samples, mw),
		Frame:           guarded(MethodFrame, s.Frame, mw),
		CallList:        guarded(MethodCallList, s.CallList, mw),
		ImportAnswers:   guarded(MethodImportAnswers, s.ImportAnswers, mw),
		Results:         guarded(MethodResults, s.Results, mw),
	}
}

func guarded[C, R any](m Method, fn func(context.Context, C) (R, error), mw func(string) endpoint.Middleware) httpkit.Endpoint[C, R] {
	return httpkit.Wrap(fn, mw(string(m)), access.Require(Roles[m]...))
}
